// The hidden layers: how many, how wide, and how each one bends.

import { $, make, write } from "./dom.js";
import { change, on, state } from "./state.js";
import { activationName, plural } from "./words.js";

const MOST_LAYERS = 6;
const MOST_UNITS = 16;
const ACTIVATIONS = ["relu", "leaky_relu", "tanh", "sigmoid", "identity", "elu", "gelu", "silu"];

function row(i) {
  const select = make("select", { id: `activation-${i}`, "aria-label": `Activation of layer ${i + 1}`,
    change: () => bend(i, select.value) },
  ...ACTIVATIONS.map((value) => make("option", { value, text: activationName(value) })));
  return make("li", { role: "group", "aria-label": `Layer ${i + 1}` },
    make("span", { class: "name", text: `Layer ${i + 1}` }),
    make("button", { id: `fewer-${i}`, type: "button", text: "−", "aria-label": `One unit fewer in layer ${i + 1}`,
      click: () => widen(i, -1) }),
    make("output", { id: `units-${i}` }),
    make("button", { id: `more-${i}`, type: "button", text: "+", "aria-label": `One unit more in layer ${i + 1}`,
      click: () => widen(i, 1) }),
    select);
}

function widen(i, by) {
  const layers = [...state.wanted.layers];
  layers[i] = Math.min(MOST_UNITS, Math.max(1, layers[i] + by));
  change({ layers });
  fill();
}

function bend(i, activation) {
  const activations = [...state.wanted.activations];
  activations[i] = activation;
  change({ activations });
}

function deepen(by) {
  const { layers, activations } = state.wanted;
  if (by < 0) change({ layers: layers.slice(0, -1), activations: activations.slice(0, -1) });
  else change({ layers: [...layers, layers.at(-1) ?? 4], activations: [...activations, activations.at(-1) ?? "relu"] });
  fill();
}

function able(button, may) {
  // A button that is disabled would lose the focus: it stays, and says that it cannot.
  button.setAttribute("aria-disabled", String(!may));
}

/** Show the layers that are wanted, keeping the rows that are there (one may have the focus). */
function fill() {
  const { layers, activations } = state.wanted;
  const list = $("layer-list");
  while (list.children.length > layers.length) list.lastChild.remove();
  while (list.children.length < layers.length) list.append(row(list.children.length));
  layers.forEach((n, i) => {
    write($(`units-${i}`), plural(n, "unit"));
    $(`activation-${i}`).value = activations[i];
    able($(`fewer-${i}`), n > 1);
    able($(`more-${i}`), n < MOST_UNITS);
  });
  write($("layers-count"), String(layers.length));
  able($("layers-fewer"), layers.length > 0);
  able($("layers-more"), layers.length < MOST_LAYERS);
}

export function startLayers() {
  $("layers-fewer").addEventListener("click", () => { if (state.wanted.layers.length > 0) deepen(-1); });
  $("layers-more").addEventListener("click", () => { if (state.wanted.layers.length < MOST_LAYERS) deepen(1); });
  on("filled", fill);
}
