// Colours, light and dark, and a shape for each class: colour is never alone.

import { tell } from "./state.js";

const LIGHT = {
  ground: [255, 255, 255], text: [27, 31, 36], muted: [87, 96, 106], hair: [208, 215, 222],
  plus: [11, 98, 168], minus: [179, 65, 12],
  classes: [[179, 65, 12], [11, 98, 168], [200, 150, 0], [178, 80, 150], [0, 80, 60]],
};
const DARK = {
  ground: [15, 20, 25], text: [230, 237, 243], muted: [158, 171, 184], hair: [54, 64, 74],
  plus: [108, 182, 255], minus: [255, 157, 102],
  classes: [[255, 140, 80], [90, 170, 255], [240, 215, 90], [235, 140, 205], [150, 230, 200]],
};
const scheme = window.matchMedia("(prefers-color-scheme: dark)");

export let colors = scheme.matches ? DARK : LIGHT;
scheme.addEventListener("change", () => {
  colors = scheme.matches ? DARK : LIGHT;
  tables.clear();
  tell("redraw");
});

export const SHAPES = ["circle", "square", "triangle", "diamond", "cross"];
export const css = ([r, g, b], alpha = 1) => `rgb(${r} ${g} ${b} / ${alpha})`;

/** Of the way from colour a to colour b, the share t. */
export const mix = (a, b, t) => a.map((v, i) => Math.round(v + (b[i] - v) * t));

const tables = new Map();

/** 256 packed pixels from one colour over the ground to another; made once. */
export function ramp(name, low, high, strength = 0.75) {
  if (!tables.has(name)) {
    const table = new Uint32Array(256);
    for (let i = 0; i < 256; i++) {
      const t = (i - 127.5) / 127.5;
      table[i] = packed(mix(colors.ground, t < 0 ? low : high, strength * Math.abs(t)));
    }
    tables.set(name, table);
  }
  return tables.get(name);
}

/** 256 packed pixels from the ground to a colour; made once. */
export function shade(name, color, strength = 0.7) {
  if (!tables.has(name)) {
    const table = new Uint32Array(256);
    for (let i = 0; i < 256; i++) table[i] = packed(mix(colors.ground, color, strength * i / 255));
    tables.set(name, table);
  }
  return tables.get(name);
}

const packed = ([r, g, b]) => (255 << 24 | b << 16 | g << 8 | r) >>> 0;

/** Add the outline of a shape to a path. */
export function outline(path, shape, x, y, r) {
  if (shape === "circle") {
    path.moveTo(x + r, y);
    path.arc(x, y, r, 0, 2 * Math.PI);
    return;
  }
  const corners = CORNERS[shape];
  path.moveTo(x + corners[0][0] * r, y + corners[0][1] * r);
  for (const [dx, dy] of corners.slice(1)) path.lineTo(x + dx * r, y + dy * r);
  path.closePath();
}

const T = 0.38; // half the width of a cross's arms
const CORNERS = {
  square: [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]],
  triangle: [[0, -1.2], [1.1, 0.85], [-1.1, 0.85]],
  diamond: [[0, -1.25], [1.05, 0], [0, 1.25], [-1.05, 0]],
  cross: [[-T, -1.15], [T, -1.15], [T, -T], [1.15, -T], [1.15, T], [T, T],
    [T, 1.15], [-T, 1.15], [-T, T], [-1.15, T], [-1.15, -T], [-T, -T]],
};
