// Keys: one letter or sign for each thing that is done often. They can be turned off.

import { $, make } from "./dom.js";

const KEYS = [
  ["Space", "run or pause", "go", " "],
  [".", "one batch", "batch", "."],
  [",", "one sample", "sample", ","],
  ["e", "one epoch", "epoch", "e"],
  ["l", "one layer", "layer", "l"],
  ["r", "reset", "reset", "r"],
  ["?", "these keys", "help", "?"],
];
const MORE = [
  ["Arrow keys", "in the net: from unit to unit; in the picture, by hand: move the cross"],
  ["Enter", "show a unit; put a point"],
  ["Escape", "close"],
];
const TYPED = "input:not([type=checkbox], [type=radio], [type=range]), select, textarea";
const PRESSED = "button, a, summary, input, select, textarea";

function press(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape" && !$("trace").hidden) {
    $("trace-close").click();
    return;
  }
  const found = $("keys-on").checked && KEYS.find(([, , , key]) => key === event.key);
  if (!found || event.target.matches(TYPED)) return;
  if (found[3] === " " && event.target.matches(PRESSED)) return; // space presses what has the focus
  event.preventDefault();
  $(found[2]).click();
}

export function startKeys() {
  $("keys").append(...[...KEYS, ...MORE].map(([key, what]) => make("tr", {},
    make("th", { scope: "row" }, make("kbd", { text: key })), make("td", { text: what }))));
  for (const [key, what, id] of KEYS) $(id).title = `${what} (${key})`;
  document.addEventListener("keydown", press);
  $("help").addEventListener("click", () => $("keys-dialog").showModal());
  $("keys-close").addEventListener("click", () => $("keys-dialog").close());
}
