// Lessons: presets of the server, each with two sentences and a part of the notebook.

import { $, make, write } from "./dom.js";
import { change, on, state } from "./state.js";

// The section of the notebook that goes with a preset, by its anchor.
const SECTIONS = {
  forward: "2.-The-forward-pass", eight: "2.-The-forward-pass", line: "2.-The-forward-pass",
  backward: "5.-The-backward-pass", rate: "7.-Gradient-descent", xor: "8.-Look-at-the-decision",
  bias: "9.-What-the-biases-are-for", loss: "10.-A-better-loss:-cross-entropy",
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
  $("lesson-link").href = anchor ? `lesson#${anchor}` : "lesson";
  write($("lesson-link"), anchor ? `Read section ${Number.parseInt(anchor, 10)} of the notebook` : "Read the notebook");
  if (lesson) change(lesson.settings, { anew: true });
}

export function startLessons() {
  on("setup", build);
  $("lesson").addEventListener("change", choose);
}
