// The large picture: what the net answers where, with the points on it.

import { colors, css, outline, ramp, shade, SHAPES } from "./colors.js";
import { addLevel, lead } from "./contour.js";
import { $, fitted, make, write } from "./dom.js";
import { on, state } from "./state.js";
import { pictureWords } from "./words.js";

const small = document.createElement("canvas");
let image = null;
let margins = new Float32Array(0);
export const cursor = { x: 0, y: 0, shown: false }; // of who draws by keyboard

/** Pixels of probabilities: one grid for two classes, else one for each. Row 0 is the lowest. */
function paint(grids, count, size) {
  if (!image || image.width !== size) {
    [small.width, small.height] = [size, size];
    image = new ImageData(size, size);
  }
  const pixels = new Uint32Array(image.data.buffer);
  if (count === 1) {
    const table = ramp("answer", colors.classes[0], colors.classes[1], 0.6);
    fillPixels(pixels, size, (at) => table[grids[at]]);
  } else {
    const tables = colors.classes.map((color, k) => shade(`class ${k}`, color, 0.6));
    const n = size * size;
    const low = 255 / count;
    fillPixels(pixels, size, (at) => {
      let [best, k] = [-1, 0];
      for (let c = 0; c < count; c++) if (grids[c * n + at] > best) [best, k] = [grids[c * n + at], c];
      return tables[k][Math.max(0, Math.round((best - low) / (255 - low) * 255))];
    });
  }
  small.getContext("2d").putImageData(image, 0, 0);
}

function fillPixels(pixels, size, color) {
  for (let i = 0; i < size; i++) {
    const to = (size - 1 - i) * size;
    for (let j = 0; j < size; j++) pixels[to + j] = color(i * size + j);
  }
}

function drawLines(context, grids, count, size, width, height) {
  const path = new Path2D();
  const toX = (j) => (j + 0.5) / size * width;
  const toY = (i) => height - (i + 0.5) / size * height;
  if (count === 1) addLevel(path, grids, size, 127.5, toX, toY);
  else {
    if (margins.length !== size * size) margins = new Float32Array(size * size);
    for (let k = 0; k < count; k++) addLevel(path, lead(grids, count, size, k, margins), size, 0, toX, toY);
  }
  context.strokeStyle = css(colors.text);
  context.lineWidth = 1.5;
  context.stroke(path);
}

/** From data to the pixels of a picture of this size, and back. */
export function scales(width, height) {
  const [x0, x1, y0, y1] = state.setup.extent;
  return {
    toX: (x) => (x - x0) / (x1 - x0) * width,
    toY: (y) => height - (y - y0) / (y1 - y0) * height,
    fromX: (px) => x0 + px / width * (x1 - x0),
    fromY: (py) => y0 + (height - py) / height * (y1 - y0),
  };
}

function drawPoints(context, width, height) {
  const { toX, toY } = scales(width, height);
  const shown = $("show-held-out").checked;
  const r = state.setup.points.length > 400 ? 2.8 : 4;
  const paths = new Map();
  for (const [x, y, k, held] of state.setup.points) {
    if (held && !shown) continue;
    const key = `${held ? 1 : 0}${k}`;
    if (!paths.has(key)) paths.set(key, new Path2D());
    outline(paths.get(key), SHAPES[k % SHAPES.length], toX(x), toY(y), r);
  }
  for (const [key, path] of paths) {
    const color = css(colors.classes[Number(key[1]) % colors.classes.length]);
    context.strokeStyle = css(colors.ground);
    context.lineWidth = key[0] === "1" ? 4 : 2;
    context.stroke(path);
    context.fillStyle = key[0] === "1" ? css(colors.ground) : color;
    context.fill(path);
    if (key[0] === "1") {
      context.strokeStyle = color;
      context.lineWidth = 1.8;
      context.stroke(path);
    }
  }
}

function drawCursor(context, width, height) {
  const { toX, toY } = scales(width, height);
  const [x, y] = [toX(cursor.x), toY(cursor.y)];
  context.strokeStyle = css(colors.text);
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(x - 10, y);
  context.lineTo(x + 10, y);
  context.moveTo(x, y - 10);
  context.lineTo(x, y + 10);
  context.stroke();
}

/** Draw all into any canvas's context: the page's, or that of a picture to save. */
export function drawBoundary(context, width, height) {
  context.clearRect(0, 0, width, height);
  const { frame } = state;
  if (frame?.boundary) {
    const [count, size] = frame.parts.find(([name]) => name === "boundary")[2];
    paint(frame.boundary, count, size);
    context.imageSmoothingEnabled = true;
    context.drawImage(small, 0, 0, width, height);
    drawLines(context, frame.boundary, count, size, width, height);
  }
  drawPoints(context, width, height);
  if (cursor.shown) drawCursor(context, width, height);
}

export function redraw() {
  if (!state.setup) return;
  const { context, width, height } = fitted($("boundary"));
  drawBoundary(context, width, height);
}

function legend() {
  $("classes-legend").replaceChildren(...state.setup.classes.map((name, k) => {
    const mark = make("canvas", { "aria-hidden": "true", class: "mark" });
    const own = state.setup.settings.data === "table";
    return make("li", {}, mark, make("span", { text: own ? name : `class ${name}` }));
  }));
  [...$("classes-legend").querySelectorAll("canvas")].forEach((canvas, k) => {
    const { context, width, height } = fitted(canvas);
    drawMark(context, k, width / 2, height / 2);
  });
}

/** One sign of a class. */
export function drawMark(context, k, x, y) {
  const path = new Path2D();
  outline(path, SHAPES[k % SHAPES.length], x, y, 5);
  context.fillStyle = css(colors.classes[k % colors.classes.length]);
  context.fill(path);
}

/** Say in words what the picture shows: when it has come to rest, not with every frame. */
export function describe() {
  if (state.setup) $("boundary").setAttribute("aria-label", pictureWords(state.setup, state.frame));
}

export function startBoundary() {
  on("setup", () => {
    const { axes, projection, note } = state.setup;
    write($("axes"), axes ? `across: ${axes[0]}, up: ${axes[1]}` : "");
    write($("projection"), projection ?? "");
    write($("note"), note ?? "");
    legend();
    redraw();
    describe();
  });
  on("frame", redraw);
  on("rest", describe);
  on("redraw", () => { if (state.setup) { legend(); redraw(); } });
  $("show-held-out").addEventListener("change", redraw);
}
