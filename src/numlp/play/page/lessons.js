// Lessons: presets of the server, each with two sentences and a part of the notebook.

import { $, make, write } from "./dom.js";
import { on, setUp, state } from "./state.js";

// The section of the notebook that goes with a preset, by its anchor.
const SECTIONS = {
  eight: "7.-Gradient-descent", rate: "7.-Gradient-descent", dead: "5.-The-backward-pass",
  linear: "8.-Look-at-the-decision", depth: "8.-Look-at-the-decision", spiral: "8.-Look-at-the-decision",
  squared_error: "10.-A-better-loss:-cross-entropy", cross_entropy: "10.-A-better-loss:-cross-entropy",
  overfit: "11.-A-real-table:-penguins", weight_decay: "11.-A-real-table:-penguins",
  fewer_units: "11.-A-real-table:-penguins", more_data: "11.-A-real-table:-penguins", scaling: "11.-A-real-table:-penguins",
};

const chosen = () => state.setup.lessons.find(({ key }) => key === $("lesson").value);

function build() {
  const select = $("lesson");
  if (select.options.length > 1) return;
  select.append(...state.setup.lessons.map(({ key, title }) => make("option", { value: key, text: title })));
}

function choose() {
  const lesson = chosen();
  $("lesson-text").hidden = !lesson;
  write($("lesson-text"), lesson?.text ?? "");
  const anchor = lesson && SECTIONS[lesson.key];
  $("lesson-link").href = anchor ? `lesson.html#${anchor}` : "lesson.html";
  write($("lesson-link"), anchor ? `Read section ${Number.parseInt(anchor, 10)} of the notebook` : "Read the notebook");
  if (lesson) setUp(lesson.settings);
}

export function startLessons() {
  on("setup", build);
  $("lesson").addEventListener("change", choose);
}
