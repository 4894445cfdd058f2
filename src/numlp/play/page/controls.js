// Controls of settings: each shows a setting, and sends it when it is changed.

import { $, make, write } from "./dom.js";
import { change, on, state } from "./state.js";
import { inputName, short } from "./words.js";

const TENTHS = (from, to, step) => Array.from({ length: Math.round((to - from) / step) + 1 }, (_, i) =>
  Number((from + i * step).toFixed(6)));
const THREES = (from, to) => {
  const found = [];
  for (let power = from; power <= to; power++) found.push(Number(`1e${power}`), Number(`3e${power}`));
  return found;
};
const share = (value) => `${Math.round(100 * value)} %`;

// Sliders: id -> [setting, values to choose from, how a value is written].
const SLIDERS = {
  n: ["n", TENTHS(20, 1000, 10), String],
  noise: ["noise", TENTHS(0, 1, 0.05), short],
  held_out: ["held_out", TENTHS(0, 0.8, 0.05), share],
  classes: ["classes", [2, 3, 4, 5], String],
  stretch: ["stretch", [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000], String],
  rate: ["rate", THREES(-5, 1), short],
  "batch-size": ["batch", [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000], (v) => (v >= 1000 ? "all rows" : String(v))],
  l1: ["l1", [0, ...THREES(-5, -1), 1], short],
  l2: ["l2", [0, ...THREES(-5, -1), 1], short],
  dropout: ["dropout", TENTHS(0, 0.9, 0.05), share],
};

// Choices: id -> [value, how it is called].
const CHOICES = {
  curve: [["line", "line"], ["parabola", "parabola"], ["sine", "sine"], ["cubic", "cubic"]],
  optimizer: [["sgd", "SGD"], ["momentum", "SGD with momentum"], ["rmsprop", "RMSprop"], ["adam", "Adam"], ["adamw", "AdamW"]],
  schedule: [["constant", "constant"], ["cosine", "cosine"], ["onecycle", "one cycle"]],
  loss: [["cross_entropy", "cross-entropy"], ["squared_error", "squared error"]],
  initializer: [["he_normal", "He, normal"], ["he_uniform", "He, uniform"], ["glorot_normal", "Glorot, normal"],
    ["glorot_uniform", "Glorot, uniform"], ["lecun_normal", "LeCun, normal"], ["lecun_uniform", "LeCun, uniform"],
    ["zeros", "all zero"], ["lesson", "the notebook's"]],
};
const TICKS = ["scaled", "batch_norm"];
const FEATURES = ["x", "y", "x2", "y2", "xy", "sinx", "siny"];

// Which settings mean nothing for a data set: their controls are hidden.
const HIDDEN = {
  n: ["eight", "points", "table"], noise: ["eight", "points", "table"], stretch: ["eight", "table"],
  classes: ["circles", "xor", "moons", "curve", "eight", "points", "table"],
  curve: ["circles", "xor", "moons", "blobs", "spiral", "eight", "points", "table"],
};

function nearest(values, value) {
  let best = 0;
  values.forEach((v, i) => { if (Math.abs(v - value) < Math.abs(values[best] - value)) best = i; });
  return best;
}

function bindSlider(id, [name, values, write_]) {
  const input = $(id);
  Object.assign(input, { min: 0, max: values.length - 1, step: 1 });
  input.addEventListener("input", () => say(id, write_(values[input.value])));
  input.addEventListener("change", () => change({ [name]: values[input.value] }));
}

function say(id, text) {
  write(document.querySelector(`output[for="${id}"]`), text);
  $(id).setAttribute("aria-valuetext", text);
}

function bindChoice(id, options) {
  $(id).append(...options.map(([value, text]) => make("option", { value, text })));
  $(id).addEventListener("change", () => change({ [id]: $(id).value }));
}

function bindFeatures() {
  for (const name of FEATURES) {
    const input = make("input", { type: "checkbox", value: name, change: tickFeature });
    $("features").append(make("label", {}, input, ` ${inputName(name)}`));
  }
}

function tickFeature(event) {
  const ticked = [...$("features").querySelectorAll("input:checked")].map((input) => input.value);
  if (ticked.length > 0) change({ features: ticked });
  else event.target.checked = true; // a net needs one
}

function bindSeed() {
  $("seed").addEventListener("change", () => {
    const seed = Math.min(4294967295, Math.max(0, Math.round(Number($("seed").value)) || 0));
    change({ seed });
  });
  $("again").addEventListener("click", () => change({ seed: (state.wanted.seed + 1) % 4294967296 }));
}

function bindColumns() {
  for (const i of [0, 1]) {
    $(`column-${i}`).addEventListener("change", () => {
      const pair = [0, 1].map((j) => $(`column-${j}`).value);
      if ($(`column-${i}`).value === "") change({ columns: null });
      else if (pair[1 - i] !== "" && pair[0] !== pair[1]) change({ columns: pair });
      else {
        pair[1 - i] = state.setup.table.columns.find((name) => name !== pair[i]);
        if (pair[1 - i] !== undefined) change({ columns: pair });
      }
    });
  }
}

function fillColumns() {
  const table = state.setup.table;
  $("columns").hidden = state.wanted.data !== "table" || !table;
  if (!table) return;
  for (const i of [0, 1]) {
    const select = $(`column-${i}`);
    if (select.options.length === 0) {
      select.append(make("option", { value: "", text: "all columns, projected" }));
      select.append(...table.columns.map((name) => make("option", { value: name, text: name })));
    }
    select.value = state.wanted.columns?.[i] ?? "";
  }
}

/** Show the settings that are wanted in all controls. */
function fill() {
  const settings = state.wanted;
  for (const [id, [name, values, write_]] of Object.entries(SLIDERS)) {
    $(id).value = nearest(values, settings[name]);
    say(id, write_(settings[name]));
  }
  for (const id of Object.keys(CHOICES)) $(id).value = settings[id];
  for (const id of TICKS) $(id).checked = settings[id];
  $("seed").value = settings.seed;
  for (const input of $("features").querySelectorAll("input")) input.checked = settings.features.includes(input.value);
  $("features").hidden = settings.data === "table" || settings.data === "eight";
  for (const [name, sets] of Object.entries(HIDDEN)) {
    document.querySelector(`[data-for="${name}"]`).hidden = sets.includes(settings.data);
  }
  fillColumns();
}

export function startControls() {
  for (const [id, slider] of Object.entries(SLIDERS)) bindSlider(id, slider);
  for (const [id, options] of Object.entries(CHOICES)) bindChoice(id, options);
  for (const id of TICKS) $(id).addEventListener("change", () => change({ [id]: $(id).checked }));
  bindFeatures();
  bindSeed();
  bindColumns();
  on("filled", fill);
}

