// One step, layer by layer: formulas and matrices of the next batch, then the update.

import { $, make, write } from "./dom.js";
import { on, state, tell } from "./state.js";
import { fixed, plural } from "./words.js";

const WHEN = { forward: "Forward", loss: "Loss", backward: "Backward", update: "Update" };
let trace = null;
let at = 0; // the step that is shown
let column = 0; // the column whose formula is filled in

const isLast = () => at + 1 === trace.steps.length;

function ask() {
  state.send({ do: "trace", rows: $("trace-rows").value });
}

/** One click shows one step: it asks for a trace if there is none, and the last applies it. */
export function stepLayer() {
  if (!trace) {
    tell("still");
    ask();
  } else if (!isLast()) show(at + 1);
  else apply();
}

function apply() {
  state.send({ do: "apply" });
  close("The update is made: the weights are new.");
}

function show(step) {
  at = Math.max(0, Math.min(trace.steps.length - 1, step));
  column = Math.min(column, Math.max(0, trace.steps[at].unit_formula.length - 1));
  fill();
  tell("traced", trace.steps[at]);
}

export function close(words) {
  if (!trace) return;
  trace = null;
  $("trace").hidden = true;
  document.documentElement.classList.remove("traced");
  tell("traced", null);
  if (words) write($("status"), words);
}

function fillSteps() {
  $("trace-steps").replaceChildren(...trace.steps.map((step, i) => make("li", {},
    make("button", { type: "button",
      title: step.title, "aria-label": step.title, text: step.matrices.at(-1).name.replace(" after", "′"), click: () => show(i) }))));
}

function fill() {
  const step = trace.steps[at];
  if ($("trace-steps").children.length !== trace.steps.length) fillSteps();
  [...$("trace-steps").querySelectorAll("button")].forEach((button, i) => {
    if (i === at) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
  });
  write($("trace-next"), isLast() ? "Apply the update" : "Next");
  $("trace-back").setAttribute("aria-disabled", String(at === 0));
  const rows = trace.rows.length;
  $("trace-body").replaceChildren(
    make("p", { class: "small", text: `${WHEN[step.direction]}, ${at + 1} of ${trace.steps.length}. ${rowWords(rows)}` }),
    make("p", { class: "formula", text: step.title }),
    ...(step.formula && step.formula !== step.title ? [make("p", { class: "formula second", text: step.formula })] : []),
    ...filledIn(step),
    make("div", { class: "matrices" }, ...step.matrices.map((matrix) => table(matrix, step))));
  write($("status"), `${WHEN[step.direction]}: ${step.title}`);
}

function rowWords(rows) {
  const shown = trace.x.length;
  const head = `The next step learns from ${plural(rows, "row")}`;
  return shown < rows ? `${head}; the first ${shown} are shown.` : `${head}.`;
}

/** The formula of the chosen column with its numbers, and a choice of column. */
function filledIn(step) {
  const lines = step.unit_formula;
  if (lines.length === 0) return [];
  const choice = make("div", { class: "choice", role: "group", "aria-label": "Which column" },
    ...(lines.length > 1 ? [make("span", { text: "Column" })] : []),
    ...(lines.length > 1 ? lines.map((_, i) => make("button", { type: "button", text: String(i + 1),
      "aria-label": `Column ${i + 1}`, "aria-pressed": String(i === column), click: () => choose(i) })) : []));
  return [choice, make("p", { class: "numbers", id: "trace-numbers", text: lines[column].replaceAll("-", "−") })];
}

function choose(i) {
  column = i;
  fill();
  $("trace-body").querySelectorAll(".choice button")[i]?.focus();
}

/** Which part of a matrix the formula takes its numbers from: "column", "row" or none. */
function part(matrix, step) {
  const result = step.matrices.at(-1);
  const back = step.direction === "backward" && !result.name.startsWith("dW") &&
    step.matrices.some(({ name }) => name.startsWith("W"));
  if (back && matrix !== result) return matrix.name.startsWith("W") ? "row" : null; // dA = dZ Wᵀ
  return step.unit_formula.length === matrix.columns && matrix.columns > 1 ? "column" : null;
}

/** A matrix as a table; columns that have a formula can be clicked. */
function table(matrix, step) {
  const from = part(matrix, step);
  const wide = from === "column";
  const marked = (i, j) => (wide && j === column) || (from === "row" && i === column);
  const shown = matrix.values.length < matrix.rows ? `, ${matrix.values.length} rows shown` : "";
  const body = make("tbody", {}, ...matrix.values.map((row, i) => make("tr", {},
    ...row.map((value, j) => make("td", { class: marked(i, j) ? "on" : undefined, "data-column": wide ? j : undefined,
      title: String(value), text: fixed(value, 4) })))));
  const element = make("table", {},
    make("caption", { text: `${matrix.name}  (${matrix.rows} × ${matrix.columns}${shown})` }), body);
  if (wide) {
    body.addEventListener("click", ({ target }) => { if (target.dataset.column) choose(Number(target.dataset.column)); });
  }
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Matrix ${matrix.name}` }, element);
}

export function startTrace() {
  $("layer").addEventListener("click", stepLayer);
  $("trace-next").addEventListener("click", stepLayer);
  $("trace-back").addEventListener("click", () => { if (trace && at > 0) show(at - 1); });
  $("trace-close").addEventListener("click", () => { close("The step is not made."); $("layer").focus(); });
  $("trace-rows").addEventListener("change", () => { trace = null; ask(); });
  on("trace", (message) => {
    if (!trace) at = 0;
    trace = message;
    const opens = $("trace").hidden;
    $("trace").hidden = false;
    document.documentElement.classList.add("traced");
    if (opens) {
      $("net").scrollIntoView();
      $("trace-next").focus({ preventScroll: true });
    }
    fillSteps();
    show(at);
  });
  on("unit", () => {
    if (!trace || !state.unit) return;
    if (state.unit.unit < trace.steps[at].unit_formula.length) {
      column = state.unit.unit;
      fill();
    }
  });
  on("edited", () => { if (trace) ask(); }); // with the new weight, at the same step
  for (const what of ["setup", "moved"]) on(what, () => close());
}
