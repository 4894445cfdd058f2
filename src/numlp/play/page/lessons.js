// Lessons: presets of the server, each with two sentences and a part of the notebook.

import { $, make, write } from "./dom.js";
import { on, setUp, state } from "./state.js";

// The section of the notebook that goes with a preset.
const SECTIONS = {
  eight: 7, rate: 7, dead: 5, linear: 8, depth: 8, spiral: 8, squared_error: 10, cross_entropy: 10,
  overfit: 11, weight_decay: 11, fewer_units: 11, more_data: 11, scaling: 11,
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
  const section = lesson && SECTIONS[lesson.key];
  $("lesson-link").href = section ? `lesson.html#section-${section}` : "lesson.html";
  write($("lesson-link"), section ? `Read section ${section} of the notebook` : "Read the notebook");
  if (lesson) setUp(lesson.settings);
}

export function startLessons() {
  on("setup", build);
  $("lesson").addEventListener("change", choose);
}
