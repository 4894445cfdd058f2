// Points drawn by hand: choose a class, click; or move and press Enter.

import { cursor, drawMark, redraw, scales } from "./boundary.js";
import { $, fitted, make, write } from "./dom.js";
import { on, state } from "./state.js";

const MOST = 1000;
const FEWEST = 2; // the server takes no fewer
const ERASER = -1;
const BEGINNING = [[-2, 0, 0], [2, 0, 1]];
let pen = 0;
let mine = null; // points drawn so far, [x, y, class]; null until there are any
let waited = 0; // messages of points that are not answered

const byHand = () => state.wanted.data === "points";
const clip = (v) => Math.max(-6, Math.min(6, Number(v.toFixed(3))));

/** Take up drawing: with the points drawn before, or with those of the toy that is shown. */
export function takePen() {
  const toy = !["table", "eight"].includes(state.setup.settings.data);
  const { stretch } = state.setup.settings;
  mine ??= toy ? state.setup.points.map(([x, y, k]) => [clip(x / stretch), clip(y), k]) : BEGINNING;
  send(mine);
}

function send(points) {
  mine = points;
  write($("pen-note"), points.length < FEWEST ? "Draw at least two points: the net waits." : "");
  if (points.length >= FEWEST) {
    waited += 1;
    state.send({ do: "points", points });
    return;
  }
  state.setup.points = points.map(([x, y, k]) => [x * state.setup.settings.stretch, y, k, 0]);
  redraw();
}

function put(x, y) {
  const [px, py] = [x / state.setup.settings.stretch, y];
  if (pen !== ERASER) {
    if (mine.length < MOST) send([...mine, [clip(px), clip(py), pen]]);
    return;
  }
  const away = mine.map(([ax, ay]) => Math.hypot(ax - px, ay - py));
  const nearest = away.indexOf(Math.min(...away));
  if (nearest >= 0 && away[nearest] < 0.6) send(mine.toSpliced(nearest, 1));
}

function click(event) {
  if (!byHand()) return;
  const box = $("boundary").getBoundingClientRect();
  const { fromX, fromY } = scales(box.width, box.height);
  put(fromX(event.clientX - box.left), fromY(event.clientY - box.top));
}

function key(event) {
  if (!byHand()) return;
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
  const [x0, x1, y0, y1] = state.setup.extent;
  if (steps) {
    cursor.x = Math.max(x0, Math.min(x1, cursor.x + steps[0] * (x1 - x0) / 40));
    cursor.y = Math.max(y0, Math.min(y1, cursor.y + steps[1] * (y1 - y0) / 40));
    cursor.shown = true;
    redraw();
  } else if (event.key === "Enter") put(cursor.x, cursor.y);
  else if (/^[0-5]$/.test(event.key)) choose(Number(event.key) - 1);
  else return;
  event.preventDefault();
}

function choose(k) {
  pen = k;
  for (const input of $("pens").querySelectorAll("input")) input.checked = Number(input.value) === k;
}

function buildPens() {
  for (let k = 0; k < 5; k++) {
    $("pens").append(make("label", {}, make("input", { type: "radio", name: "pen", value: k, change: () => choose(k) }),
      make("canvas", { class: "mark", "aria-hidden": "true" }), ` ${k}`));
  }
  $("pens").append(make("label", {},
    make("input", { type: "radio", name: "pen", value: ERASER, change: () => choose(ERASER) }), " erase"));
  choose(0);
}

function drawPens() {
  [...$("pens").querySelectorAll("canvas")].forEach((canvas, k) => {
    const { context, width, height } = fitted(canvas);
    context.clearRect(0, 0, width, height);
    drawMark(context, k, width / 2, height / 2);
  });
}

/** Points of the server are mine, unless newer ones are on their way. */
function heard() {
  waited = Math.max(0, waited - 1);
  if (!byHand() || waited > 0) return;
  const { stretch } = state.setup.settings;
  mine = state.setup.points.map(([x, y, k]) => [x / stretch, y, k]);
}

export function startDrawing() {
  buildPens();
  on("setup", heard);
  on("filled", () => {
    $("by-hand").hidden = !byHand();
    $("boundary").classList.toggle("drawing", byHand());
    if (byHand()) drawPens();
    else cursor.shown = false;
  });
  on("redraw", () => { if (byHand()) drawPens(); });
  $("boundary").addEventListener("click", click);
  $("boundary").addEventListener("keydown", key);
  $("boundary").addEventListener("blur", () => { cursor.shown = false; if (state.setup) redraw(); });
  $("wipe").addEventListener("click", () => send([]));
}
