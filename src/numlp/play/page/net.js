// The picture of the net: links by width, colour and dash; each unit's response over the plane.

import { colors, css, ramp, shade } from "./colors.js";
import { $, fitted, make, write } from "./dom.js";
import { layOut, linkAt } from "./geometry.js";
import { placed } from "./labels.js";
import { denseLayers, on, places, state, tell } from "./state.js";
import { activationName, deadWords, fixed, inputName, plural } from "./words.js";

const LEVELS = 8; // widths that links are drawn in: few, so that a frame strokes few paths
const DASHES = [5, 4];
const FEW_LINKS = 60; // so many numbers can be read at once
const MANY_LINKS = 300;
const LINKS_EVERY = 200; // milliseconds
const atlases = { units: newAtlas(), boundary: newAtlas() }; // pictures, one below the other
let plan = null;
let hovered = null;
let traced = null; // the dense layer, from 1, of which a step is shown

/** The layout of the net as it is drawn now. */
export const currentPlan = () => plan;

function relayOut() {
  const box = $("net");
  plan = layOut(box.clientWidth);
  $("net-picture").style.height = `${plan.height}px`;
  placeButtons();
}

// Units as buttons, which lie over the picture: one of them is in the order of the tab key.

function placeButtons() {
  const box = $("net-units");
  const dense = denseLayers();
  const wanted = dense.flatMap((layer, l) => Array.from({ length: layer.n_out }, (_, u) => [l, u]));
  while (box.children.length > wanted.length) box.lastChild.remove();
  while (box.children.length < wanted.length) box.append(make("button", { type: "button" }));
  wanted.forEach(([layer, unit], i) => {
    const button = box.children[i];
    const { x, y } = plan.columns[layer + 1][unit];
    Object.assign(button.dataset, { layer, unit });
    Object.assign(button.style, { left: `${x - plan.size / 2}px`, top: `${y - plan.size / 2}px`,
      width: `${plan.size}px`, height: `${plan.size}px` });
    button.setAttribute("aria-label", unitName(layer, unit));
  });
  showChosen();
}

export function unitName(layer, unit) {
  const dense = denseLayers();
  if (layer === dense.length - 1) return dense[layer].n_out === 1 ? "The output" : `Output for class ${state.setup.classes[unit]}`;
  return `Unit ${unit + 1} of layer ${layer + 1}`;
}

function showChosen() {
  const chosen = state.unit ?? { layer: 0, unit: 0 };
  for (const button of $("net-units").children) {
    const own = Number(button.dataset.layer) === chosen.layer && Number(button.dataset.unit) === chosen.unit;
    button.tabIndex = own ? 0 : -1;
    button.setAttribute("aria-pressed", String(own && state.unit !== null));
  }
}

export function chooseUnit(layer, unit) {
  state.unit = { layer, unit };
  showChosen();
  draw();
  tell("unit");
}

const buttonOf = (layer, unit) => $("net-units").querySelector(`[data-layer="${layer}"][data-unit="${unit}"]`);

function move(event) {
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!steps) return;
  event.preventDefault();
  const dense = denseLayers();
  const layer = Math.min(dense.length - 1, Math.max(0, Number(event.target.dataset.layer) + steps[0]));
  const unit = Math.min(dense[layer].n_out - 1, Math.max(0, Number(event.target.dataset.unit) + steps[1]));
  for (const button of $("net-units").children) button.tabIndex = -1;
  const next = buttonOf(layer, unit);
  next.tabIndex = 0;
  next.focus();
}

// Drawing.

const widthOf = (w) => Math.min(LEVELS - 1, Math.floor(LEVELS * Math.tanh(Math.abs(w) / 2.5)));

const links = { canvas: document.createElement("canvas"), theta: null, at: 0 };

/** Draw the links; many of them are drawn anew a few times a second only, as dashes take long. */
function drawLinks(context, theta) {
  const dense = denseLayers();
  const many = dense.reduce((sum, layer) => sum + layer.n_in * layer.n_out, 0) > MANY_LINKS;
  if (!many || !state.running || context.canvas !== $("net-picture")) {
    links.theta = null;
    strokeLinks(context, theta);
    return;
  }
  const { canvas } = links;
  const now = performance.now();
  if (links.theta === null || now - links.at > LINKS_EVERY ||
    canvas.width !== context.canvas.width || canvas.height !== context.canvas.height) {
    [canvas.width, canvas.height] = [context.canvas.width, context.canvas.height];
    const inner = canvas.getContext("2d");
    inner.setTransform(context.getTransform());
    strokeLinks(inner, theta);
    Object.assign(links, { theta, at: performance.now() });
  }
  context.drawImage(canvas, 0, 0, plan.width, plan.height);
}

function strokeLinks(context, theta) {
  const paths = Array.from({ length: 2 * LEVELS }, () => new Path2D());
  places(denseLayers()).forEach(({ W, n_out }, layer) => {
    const [from, to] = [plan.columns[layer], plan.columns[layer + 1]];
    for (let row = 0; row < from.length; row++) {
      for (let column = 0; column < n_out; column++) {
        const w = theta[W + row * n_out + column];
        const path = paths[(w < 0 ? LEVELS : 0) + widthOf(w)];
        path.moveTo(from[row].x + plan.size / 2, from[row].y);
        path.lineTo(to[column].x - plan.size / 2, to[column].y);
      }
    }
  });
  paths.forEach((path, i) => {
    const level = i % LEVELS;
    context.strokeStyle = css(i < LEVELS ? colors.plus : colors.minus, 0.35 + 0.65 * level / (LEVELS - 1));
    context.lineWidth = 0.6 + 0.75 * level;
    context.setLineDash(i < LEVELS ? [] : DASHES);
    context.stroke(path);
  });
  context.setLineDash([]);
}

function newAtlas() {
  return { canvas: document.createElement("canvas"), image: null };
}

/** Fill the pictures of one part of a frame: `look(i)` gives the colour of each of 256 values. */
function paint(frame, part, look) {
  const [count, size] = frame.parts.find(([name]) => name === part)[2];
  const atlas = atlases[part];
  if (count === 0) return;
  if (atlas.image?.width !== size || atlas.image.height !== size * count) {
    [atlas.canvas.width, atlas.canvas.height] = [size, size * count];
    atlas.image = new ImageData(size, size * count);
  }
  const pixels = new Uint32Array(atlas.image.data.buffer);
  const values = frame[part];
  const table = new Uint32Array(256);
  for (let u = 0; u < count; u++) {
    look(u, table);
    for (let i = 0; i < size; i++) {
      const [from, to] = [(u * size + i) * size, (u * size + size - 1 - i) * size];
      for (let j = 0; j < size; j++) pixels[to + j] = table[values[from + j]];
    }
  }
  atlas.canvas.getContext("2d").putImageData(atlas.image, 0, 0);
}

/** Hidden units: blue where positive, orange where negative, plain where 0. */
function paintUnits(frame) {
  const full = ramp("unit", colors.minus, colors.plus, 0.9);
  paint(frame, "units", (u, table) => {
    const [low, high] = frame.ranges[u];
    const most = Math.max(Math.abs(low), Math.abs(high)) || 1;
    for (let v = 0; v < 256; v++) table[v] = full[Math.round(127.5 + 127.5 * (low + (high - low) * v / 255) / most)];
  });
}

/** Outputs: of two classes one probability, else one for each class. */
function paintOutputs(frame) {
  const [count] = frame.parts.find(([name]) => name === "boundary")[2];
  paint(frame, "boundary", (u, table) => table.set(count === 1
    ? ramp("answer", colors.classes[0], colors.classes[1], 0.6) : shade(`class ${u}`, colors.classes[u], 0.6)));
}

function drawPicture(context, part, index, left, top) {
  const { canvas } = atlases[part];
  const size = canvas.width;
  context.drawImage(canvas, 0, index * size, size, size, left, top, plan.size, plan.size);
}

function drawUnits(context, frame) {
  if (frame) {
    paintUnits(frame);
    paintOutputs(frame);
  }
  const dense = denseLayers();
  let index = 0;
  dense.forEach((layer, l) => {
    for (let u = 0; u < layer.n_out; u++) {
      const { x, y } = plan.columns[l + 1][u];
      const [left, top] = [x - plan.size / 2, y - plan.size / 2];
      context.fillStyle = css(colors.ground);
      context.fillRect(left, top, plan.size, plan.size);
      if (frame && l < dense.length - 1) drawPicture(context, "units", index++, left, top);
      else if (frame) drawPicture(context, "boundary", u, left, top);
      frameUnit(context, left, top, state.unit?.layer === l && state.unit.unit === u);
      if (frame?.dead[l]?.includes(u)) drawDead(context, x, y);
    }
  });
}

function frameUnit(context, left, top, chosen) {
  context.strokeStyle = css(chosen ? colors.text : colors.muted);
  context.lineWidth = chosen ? 3 : 1;
  context.strokeRect(left, top, plan.size, plan.size);
}

function drawDead(context, x, y) {
  context.fillStyle = css(colors.ground, 0.8);
  context.fillRect(x - plan.size / 2, y - 7, plan.size, 14);
  label(context, plan.size < 26 ? "†" : "dead", x, y, "center", colors.text, 11);
}

function label(context, text, x, y, align, color = colors.text, size = 12) {
  context.font = `${size}px system-ui, sans-serif`;
  context.textAlign = align;
  context.textBaseline = "middle";
  context.fillStyle = css(color);
  context.fillText(text, x, y);
}

/** A band behind the layer of which a step is shown. */
function drawBand(context) {
  const { x } = plan.columns[Math.min(traced, plan.columns.length - 1)][0];
  context.fillStyle = css(colors.text, 0.14);
  context.fillRect(x - plan.size / 2 - 8, 0, plan.size + 16, plan.height);
}

function drawInputs(context) {
  plan.columns[0].forEach(({ x, y }, i) => {
    const name = inputName(state.setup.inputs[i]);
    context.fillStyle = css(colors.muted);
    context.fillRect(x + plan.size / 2 - 5, y - 5, 10, 10);
    const room = Math.floor((x + plan.size / 2 - 8) / 6.5);
    label(context, name.length > room ? `${name.slice(0, room - 1)}…` : name, x + plan.size / 2 - 9, y, "right");
  });
  if (plan.hidden > 0) label(context, `+ ${plan.hidden} more`, 2, plan.height - 8, "left", colors.muted);
}

function drawNumbers(context, theta) {
  const all = places(denseLayers());
  const key = JSON.stringify(state.unit);
  if (plan.labelsOf !== key) [plan.labelsOf, plan.labels] = [key, placed(plan, shownLinks())];
  for (const { layer, row, column, x, y } of plan.labels) {
    const text = fixed(theta[all[layer].W + row * all[layer].n_out + column], 2);
    context.fillStyle = css(colors.ground, 0.88);
    context.fillRect(x - 3 * text.length - 2, y - 7, 6 * text.length + 4, 14);
    label(context, text, x, y, "center", colors.text, 11);
  }
}

/** Links whose numbers are shown: all if they are few, else those of the chosen unit. */
function shownLinks() {
  const dense = denseLayers();
  const few = dense.reduce((sum, layer) => sum + layer.n_in * layer.n_out, 0) <= FEW_LINKS;
  return dense.flatMap(({ n_out }, layer) => plan.columns[layer].flatMap((_, row) =>
    Array.from({ length: n_out }, (_, column) => ({ layer, row, column })))).filter(({ layer, column }) =>
    few || (state.unit?.layer === layer && state.unit.unit === column));
}

/** Draw the net into any canvas's context, laid out as on the page. */
export function drawNet(context) {
  const { frame } = state;
  context.clearRect(0, 0, plan.width, plan.height);
  if (traced !== null) drawBand(context);
  if (frame?.theta) drawLinks(context, frame.theta);
  drawInputs(context);
  drawUnits(context, frame);
  label(context, "inputs", plan.columns[0][0].x + plan.size / 2, plan.height - 8, "right", plan.hidden ? colors.ground : colors.muted, 11);
  plan.columns.slice(1).forEach((column, l) => {
    const last = l === plan.columns.length - 2;
    label(context, last ? "output" : String(l + 1), column[0].x, plan.height - 8, "center", colors.muted, 11);
  });
  if (frame?.theta && $("numbers").checked) drawNumbers(context, frame.theta);
}

export function draw() {
  if (!state.setup || !plan) return;
  drawNet(fitted($("net-picture")).context);
  if (hovered) tip();
}

// Links under the pointer.

export function weightName({ layer, row, column, name }) {
  const to = unitName(layer, column).replace(/^(Unit|Output|The)/, (word) => word.toLowerCase());
  if (name === "b") return `b${layer + 1} of ${to}`;
  const from = layer === 0 ? inputName(state.setup.inputs[row]) : `unit ${row + 1} of layer ${layer}`;
  return `W${layer + 1} from ${from} to ${to}`;
}

/** The value of a weight or bias in the last frame. */
export function weightValue({ layer, row, column, name }) {
  const place = places(denseLayers())[layer];
  return state.frame?.theta?.[name === "b" ? place.b + column : place.W + row * place.n_out + column];
}

function tip() {
  write($("net-tip"), `${weightName(hovered)} = ${fixed(weightValue(hovered), 4)}`);
}

function hover(event) {
  const box = $("net-picture").getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  hovered = linkAt(plan, x, y);
  $("net-tip").hidden = hovered === null;
  $("net").classList.toggle("on-link", hovered !== null);
  if (!hovered) return;
  tip();
  $("net-tip").style.top = `${y + 14}px`;
  $("net-tip").style.left = `${Math.max(0, Math.min(x - 60, plan.width - 190))}px`;
}

function numbersNote() {
  const links = denseLayers().reduce((sum, layer) => sum + layer.n_in * layer.n_out, 0);
  $("numbers-note").hidden = !$("numbers").checked || links <= FEW_LINKS;
  write($("numbers-note"), `${links} numbers are too many to read: click a unit to see those that lead to it.`);
}

function describe() {
  const dense = denseLayers();
  const hidden = dense.slice(0, -1).map((layer) => `${plural(layer.n_out, "unit")} (${activationName(layer.activation)})`);
  $("net-picture").setAttribute("aria-label", `The net: inputs ${state.setup.inputs.map(inputName).join(", ")}; ` +
    (hidden.length ? `hidden layers of ${hidden.join(", ")}; ` : "no hidden layer; ") +
    `${plural(dense.at(-1).n_out, "output")}; ${state.setup.n_parameters} weights and biases.`);
}

export function startNet() {
  on("setup", () => {
    const dense = denseLayers();
    if (state.unit && (state.unit.layer >= dense.length || state.unit.unit >= dense[state.unit.layer].n_out)) state.unit = null;
    hovered = null;
    $("net-tip").hidden = true;
    relayOut();
    describe();
    numbersNote();
    draw();
  });
  on("frame", () => {
    draw();
    write($("dead"), deadWords(state.frame.dead));
  });
  on("redraw", () => { if (state.setup) { relayOut(); draw(); } });
  on("traced", (step) => {
    // Names of matrices end in the number of their layer; y_pred and loss are of the last one.
    traced = step && Number(step.matrices.at(-1).name.match(/\d+/)?.[0] ?? denseLayers().length);
    draw();
  });
  $("numbers").addEventListener("change", () => { numbersNote(); draw(); });
  $("net-units").addEventListener("keydown", move);
  $("net-units").addEventListener("click", ({ target }) => {
    if (target.dataset.layer) chooseUnit(Number(target.dataset.layer), Number(target.dataset.unit));
  });
  $("net-picture").addEventListener("pointermove", (event) => { if (plan) hover(event); });
  $("net-picture").addEventListener("pointerleave", () => { hovered = null; $("net-tip").hidden = true; });
  $("net-picture").addEventListener("click", (event) => {
    hover(event);
    if (hovered) tell("edit", { ...hovered, name: "W" });
  });
}
