// The panel of a chosen unit: its weights, live; and the editor of one weight.

import { $, make, write } from "./dom.js";
import { unitName, weightName, weightValue } from "./net.js";
import { denseLayers, on, state, tell } from "./state.js";
import { activationName, fixed, inputName, short } from "./words.js";

let edited = null; // the weight in the editor

function entries() {
  const { layer, unit } = state.unit;
  const rows = Array.from({ length: denseLayers()[layer].n_in }, (_, row) => ({ layer, row, column: unit, name: "W" }));
  return [...rows, { layer, row: 0, column: unit, name: "b" }];
}

function shortName({ layer, row, name }) {
  if (name === "b") return "bias";
  return layer === 0 ? inputName(state.setup.inputs[row]) : `unit ${row + 1}`;
}

function build() {
  const panel = $("unit");
  panel.hidden = state.unit === null;
  if (panel.hidden) {
    panel.replaceChildren();
    return;
  }
  const { layer } = state.unit;
  const list = make("ul", { class: "weights" }, ...entries().map((entry) => {
    const button = make("button", { type: "button", click: () => openEditor(entry) },
      make("span", { class: "name", text: `${shortName(entry)} ` }), make("span", { class: "value number" }));
    return make("li", {}, button);
  }));
  panel.replaceChildren(
    make("h3", { text: `${unitName(layer, state.unit.unit)}: ${activationName(denseLayers()[layer].activation)}` }),
    make("button", { type: "button", class: "close", "aria-label": "Close the unit", text: "×", click: close }),
    make("p", { class: "small", id: "unit-words" }),
    make("p", { class: "small", text: `Its weights in W${layer + 1}, and its bias in b${layer + 1}. Click one to change it.` }),
    list);
  fill();
}

function close() {
  const { layer, unit } = state.unit;
  state.unit = null;
  build();
  $("net-units").querySelector(`[data-layer="${layer}"][data-unit="${unit}"]`)?.focus();
}

function fill() {
  if (state.unit === null || !state.frame) return;
  const buttons = $("unit").querySelectorAll("li button");
  entries().forEach((entry, i) => {
    const text = fixed(weightValue(entry), 4);
    if (buttons[i].lastChild.textContent === text) return;
    buttons[i].lastChild.textContent = text;
    buttons[i].setAttribute("aria-label", `${weightName(entry)}: ${text}. Change it`);
  });
  write($("unit-words"), responseWords());
}

function responseWords() {
  const { layer, unit } = state.unit;
  const dense = denseLayers();
  if (layer === dense.length - 1) return "";
  const before = dense.slice(0, layer).reduce((sum, { n_out }) => sum + n_out, 0);
  const [low, high] = state.frame.ranges[before + unit];
  const dead = state.frame.dead[layer]?.includes(unit) ? " It is dead." : "";
  return `In the picture it answers ${low === null ? "–" : short(low)} to ${high === null ? "–" : short(high)}.${dead}`;
}

/** Open the editor of one weight. */
export function openEditor(entry) {
  edited = entry;
  write($("weight-title"), weightName(entry));
  $("weight-value").value = Number((weightValue(entry) ?? 0).toPrecision(6));
  $("weight-dialog").showModal();
  $("weight-value").select();
}

function send() {
  const value = Number($("weight-value").value);
  if (!edited || !Number.isFinite(value)) return;
  state.send({ do: "edit", ...edited, value });
  tell("edited");
}

export function startUnit() {
  on("unit", build);
  on("setup", build);
  on("frame", fill);
  on("edit", openEditor);
  $("weight-form").addEventListener("submit", send);
  $("weight-close").addEventListener("click", () => $("weight-dialog").close());
}

