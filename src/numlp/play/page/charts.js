// Charts of a run: losses over the epochs, gradients of the layers, sizes of the weights.

import { colors, css } from "./colors.js";
import { $, fitted } from "./dom.js";
import { denseLayers, on, places, state } from "./state.js";
import { fixed } from "./words.js";

const MOST = 1200; // points of a curve; when there are more, every second one is dropped
const BINS = 31;
let history = []; // [epochs, training loss, held-out loss]
let stride = 1;
let seen = 0;

function note(frame) {
  const at = frame.epoch + (frame.batches ? frame.batch / frame.batches : 0);
  const last = history.at(-1);
  if (last && at < last[0]) clear();
  const point = [at, frame.train_loss, frame.test_loss];
  if (last && at === last[0]) {
    history[history.length - 1] = point;
    return;
  }
  seen += 1;
  if (seen % stride !== 0) return;
  history.push(point);
  if (history.length > MOST) {
    history = history.filter((_, i) => i % 2 === 0);
    stride *= 2;
  }
}

function clear() {
  [history, stride, seen] = [[], 1, 0];
}

function begin(id) {
  const { context, width, height } = fitted($(id));
  context.clearRect(0, 0, width, height);
  context.font = "11px system-ui, sans-serif";
  context.lineWidth = 1;
  return { context, width, height };
}

function write(context, text, x, y, align = "left", color = colors.muted) {
  context.textAlign = align;
  context.textBaseline = "middle";
  context.fillStyle = css(color);
  context.fillText(text, x, y);
}

/** The smallest of 1, 2, 5 times a power of ten that is not below the value. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((k) => k * power).find((v) => v >= value * 0.9999) ?? value;
}

function lossScale(height, log) {
  const values = history.flatMap(([, a, b]) => [a, b]).filter((v) => Number.isFinite(v) && v !== null);
  const sorted = values.toSorted((a, b) => a - b);
  if (!log) {
    const top = roundUp(Math.max(0.1, sorted[Math.floor(sorted.length * 0.995)] ?? 1));
    const toY = (v) => height - 18 - Math.min(1.02, v / top) * (height - 26);
    return { toY, marks: [0, top / 2, top] };
  }
  const low = Math.floor(Math.log10(Math.max(1e-9, sorted[0] ?? 0.1)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(1e-8, sorted.at(-1) ?? 1))));
  const toY = (v) => height - 18 - (Math.log10(Math.max(v, 10 ** low)) - low) / (high - low) * (height - 26);
  const marks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return { toY, marks: marks.length > 6 ? [marks[0], marks.at(-1)] : marks };
}

function markWords(mark) {
  if ((mark < 0.001 && mark > 0) || mark >= 1e4) return mark.toExponential(0).replace("-", "−");
  return String(Number(mark.toPrecision(2)));
}

function drawLosses() {
  const { context, width, height } = begin("losses");
  const left = 38;
  const { toY, marks } = lossScale(height, $("log-loss").checked);
  for (const mark of marks) {
    context.strokeStyle = css(colors.hair);
    context.beginPath();
    context.moveTo(left, toY(mark));
    context.lineTo(width - 2, toY(mark));
    context.stroke();
    write(context, markWords(mark), left - 4, toY(mark), "right");
  }
  const last = Math.max(1, history.at(-1)?.[0] ?? 1);
  const toX = (at) => left + at / last * (width - left - 4);
  write(context, "0", left, height - 7);
  write(context, `epoch ${Math.floor(last)}`, width - 2, height - 7, "right");
  curve(context, toX, toY, 1, colors.plus, []);
  curve(context, toX, toY, 2, colors.minus, [5, 4]);
}

function curve(context, toX, toY, column, color, dash) {
  context.strokeStyle = css(color);
  context.lineWidth = 2;
  context.setLineDash(dash);
  context.beginPath();
  let on = false;
  for (const point of history) {
    const value = point[column];
    if (value === null || !Number.isFinite(value)) {
      on = false;
      continue;
    }
    if (on) context.lineTo(toX(point[0]), toY(value));
    else context.moveTo(toX(point[0]), toY(value));
    on = true;
  }
  context.stroke();
  context.setLineDash([]);
  const end = history.at(-1);
  if (end && Number.isFinite(end[column]) && end[column] !== null) {
    context.fillStyle = css(color);
    context.fillRect(toX(end[0]) - 2.5, toY(end[column]) - 2.5, 5, 5);
  }
}

function normWords(norm) {
  if (norm === null) return "∞";
  if (norm === 0) return "0";
  return norm < 0.001 || norm >= 1000 ? norm.toExponential(1).replace("-", "−") : fixed(norm, 4);
}

/** One bar for each layer, each tenth of the length a step: gradients differ by powers of ten. */
function drawGradients(frame) {
  const { context, width, height } = begin("gradients");
  const norms = frame.grad_norms ?? [];
  const row = height / Math.max(1, norms.length);
  const [low, high] = [-8, 2];
  norms.forEach((norm, i) => {
    const y = row * (i + 0.5);
    const share = norm === null ? 1 : norm > 0 ? Math.max(0, Math.min(1, (Math.log10(norm) - low) / (high - low))) : 0;
    const last = i === norms.length - 1;
    write(context, last ? "output" : `layer ${i + 1}`, 0, y, "left", colors.text);
    context.fillStyle = css(colors.plus);
    context.fillRect(52, y - Math.min(6, row / 2 - 1), share * (width - 52 - 66), Math.min(12, row - 2));
    write(context, normWords(norm), width, y, "right", colors.text);
  });
}

function drawHistogram(frame) {
  const { context, width, height } = begin("histogram");
  let most = 0;
  const weights = [];
  for (const { W, b } of places(denseLayers())) {
    for (let i = W; i < b; i++) {
      if (!Number.isFinite(frame.theta[i])) continue;
      weights.push(frame.theta[i]);
      most = Math.max(most, Math.abs(frame.theta[i]));
    }
  }
  most = roundUp(most || 1);
  const bins = new Array(BINS).fill(0);
  for (const w of weights) bins[Math.min(BINS - 1, Math.floor((w / most + 1) / 2 * BINS))] += 1;
  const top = Math.max(1, ...bins);
  const step = width / BINS;
  bins.forEach((n, i) => {
    context.fillStyle = css(i === (BINS - 1) / 2 ? colors.muted : i < BINS / 2 ? colors.minus : colors.plus);
    const tall = n / top * (height - 32);
    context.fillRect(i * step + 1, height - 16 - tall, step - 2, tall);
  });
  context.fillStyle = css(colors.hair);
  context.fillRect(0, height - 16, width, 1);
  write(context, fixed(-most, most < 1 ? 2 : 0), 0, height - 7);
  write(context, "0", width / 2, height - 7, "center");
  write(context, fixed(most, most < 1 ? 2 : 0), width, height - 7, "right");
  write(context, `most in one bar: ${top}`, 0, 7);
}

function draw() {
  const { frame } = state;
  if (!frame) return;
  drawLosses();
  if (!$("inside").open) return;
  drawGradients(frame);
  if (frame.theta) drawHistogram(frame);
}

function describe() {
  const { frame } = state;
  if (!frame) return;
  const held = frame.test_loss === null ? "" : `, on points held out ${fixed(frame.test_loss, 4)}`;
  $("losses").setAttribute("aria-label", `Losses up to epoch ${frame.epoch}: in training ${fixed(frame.train_loss, 4)}${held}.`);
  const norms = (frame.grad_norms ?? []).map((norm, i, all) =>
    `${i === all.length - 1 ? "output" : `layer ${i + 1}`} ${norm === null ? "infinite" : norm.toPrecision(2)}`);
  $("gradients").setAttribute("aria-label", `Length of the gradient: ${norms.join(", ")}.`);
  const W = frame.theta ? places(denseLayers()).flatMap(({ W: w, b }) => [...frame.theta.subarray(w, b)]) : [];
  $("histogram").setAttribute("aria-label", `${W.length} weights from ${fixed(Math.min(...W))} to ${fixed(Math.max(...W))}.`);
}

export function startCharts() {
  on("setup", () => { clear(); $("gradients").style.height = `${Math.max(2, denseLayers().length) * 17}px`; });
  on("heard", note);
  on("frame", draw);
  on("rest", describe);
  on("redraw", draw);
  $("log-loss").addEventListener("change", draw);
  $("inside").addEventListener("toggle", draw);
}
