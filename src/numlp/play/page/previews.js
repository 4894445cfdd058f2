// The choice of data set, with a small picture of each.

import { colors, css } from "./colors.js";
import { $, fitted, make } from "./dom.js";
import { takePen } from "./drawing.js";
import { change, on, state } from "./state.js";

const NAMES = {
  circles: "Circles", xor: "Xor", moons: "Moons", blobs: "Blobs", spiral: "Spiral",
  curve: "Curve", eight: "8 rows", points: "By hand", table: "Your table",
};
const TAU = 2 * Math.PI;

// Some points of each set, as [x, y, class] from −1 to 1. They only have to look like it.
const SKETCHES = {
  circles: () => along(22, (t, i) => i % 2 ? [Math.cos(t * TAU) * 0.85, Math.sin(t * TAU) * 0.85, 1]
    : [Math.cos(t * TAU) * 0.3, Math.sin(t * TAU) * 0.3, 0]),
  xor: () => along(26, (t, i) => {
    const [x, y] = [even(i, 0.7549), even(i, 0.5698)].map((v) => v + 0.12 * Math.sign(v));
    return [x, y, x * y > 0 ? 1 : 0];
  }),
  moons: () => along(20, (t, i) => i % 2 ? [Math.cos(t * Math.PI) * 0.6 - 0.25, Math.sin(t * Math.PI) * 0.8 - 0.2, 0]
    : [0.25 - Math.cos(t * Math.PI) * 0.6, 0.2 - Math.sin(t * Math.PI) * 0.8, 1]),
  blobs: () => along(24, (t, i) => [Math.cos(i * i * 0.71) * 0.45 * Math.sqrt(t) + (i % 2 ? 0.5 : -0.5),
    Math.sin(i * i * 0.71) * 0.45 * Math.sqrt(t) + (i % 2 ? 0.45 : -0.45), i % 2]),
  spiral: () => along(32, (t, i) => {
    const [r, a] = [t * 0.95, t * 1.4 * TAU + (i % 2) * Math.PI];
    return [r * Math.cos(a), r * Math.sin(a), i % 2];
  }),
  curve: () => along(24, (t, i) => [2 * t - 1, 0.5 * Math.sin(t * TAU) + (i % 2 ? 0.3 : -0.3), i % 2]),
  eight: () => along(8, (t, i) => [even(i + 3, 0.7549) * 0.9, even(i + 3, 0.5698) * 0.9, i % 2]),
  points: () => [[-0.4, 0.4, 0], [0.1, 0.6, 0], [0.4, -0.3, 1]],
  table: () => along(12, (t, i) => [(i % 3) * 0.7 - 0.7, Math.floor(i / 3) * 0.45 - 0.68, i % 2]),
};

/** The i-th of numbers that fill −0.8 to 0.8 evenly, without an order that one sees. */
const even = (i, step) => (((i + 1) * step) % 1) * 1.6 - 0.8;
const along = (n, point) => Array.from({ length: n }, (_, i) => point(i / n, i));

function sketch(canvas, name) {
  const { context, width, height } = fitted(canvas);
  context.clearRect(0, 0, width, height);
  for (const [x, y, k] of SKETCHES[name]()) {
    context.fillStyle = css(colors.classes[k]);
    const [px, py] = [(x + 1.15) / 2.3 * width, (1.15 - y) / 2.3 * height];
    context.beginPath();
    if (k === 0) context.arc(px, py, 1.8, 0, TAU);
    else context.rect(px - 1.6, py - 1.6, 3.2, 3.2);
    context.fill();
  }
}

function build() {
  const names = Object.keys(NAMES).filter((name) => name !== "table" || state.setup.table);
  if ($("data").querySelectorAll("input").length === names.length) return;
  for (const old of $("data").querySelectorAll("label")) old.remove();
  for (const name of names) {
    const canvas = make("canvas", { "aria-hidden": "true" });
    const input = make("input", { type: "radio", name: "data", value: name, change: () => choose(name) });
    $("data").append(make("label", { class: "set" }, input, canvas, make("span", { text: NAMES[name] })));
  }
  redraw();
}

function choose(name) {
  if (name === "points") takePen();
  else change({ data: name });
}

function redraw() {
  for (const label of $("data").querySelectorAll("label")) {
    sketch(label.querySelector("canvas"), label.querySelector("input").value);
  }
}

export function startPreviews() {
  on("filled", () => {
    build();
    for (const input of $("data").querySelectorAll("input")) input.checked = input.value === state.wanted.data;
  });
  on("redraw", redraw);
}
