// The page: starts its parts, and passes on what the server says.

import { startBoundary } from "./boundary.js";
import { startCharts } from "./charts.js";
import { startControls } from "./controls.js";
import { $, write } from "./dom.js";
import { startDrawing } from "./drawing.js";
import { startKeys } from "./keys.js";
import { startLayers } from "./layers.js";
import { startLessons } from "./lessons.js";
import { startNet } from "./net.js";
import { startPreviews } from "./previews.js";
import { connect } from "./socket.js";
import { answered, on, setUp, state, takeUp, tell } from "./state.js";
import { settingsOfAddress, startTakeaway } from "./takeaway.js";
import { startTrace } from "./trace.js";
import { startUnit } from "./unit.js";
import { fixed, percent, short, stateWords } from "./words.js";

let heard = 0; // frames that are not drawn yet
let due = false;
let resting = null;
let complaint = null; // of the address, told with the first setup
let pace = ""; // the step for each picture, if it does not run by itself

// Figures and the run.

function fillFigures(frame) {
  write($("at-epoch"), frame.batch > 0 ? `${frame.epoch} + ${frame.batch}/${frame.batches}` : String(frame.epoch));
  write($("train-loss"), fixed(frame.train_loss, 4));
  write($("test-loss"), fixed(frame.test_loss, 4));
  write($("train-accuracy"), percent(frame.train_accuracy));
  write($("test-accuracy"), percent(frame.test_accuracy));
  write($("rate-now"), frame.rate === null ? "–" : short(frame.rate));
}

function fillRun() {
  write($("go").querySelector(".word"), state.running ? "Pause" : "Run");
  write($("go").querySelector(".sign"), state.running ? "❚❚" : "▶");
  for (const id of ["go", "epoch", "batch", "sample", "layer"]) {
    $(id).setAttribute("aria-disabled", String(state.stopped !== null));
  }
}

function trouble(words) {
  write($("trouble"), words ?? "");
  $("trouble").hidden = !words;
}

/** One step; a run pauses for it. */
function act(what) {
  trouble(state.stopped);
  if (!state.setup || state.stopped) return;
  if (state.running) pause();
  tell("moved");
  state.send({ do: what });
}

/** Run as fast as the server can, or by one step for each picture that is drawn. */
function run() {
  if (!state.setup || state.stopped) return;
  const before = pace;
  pace = $("speed").value;
  state.running = true;
  if (pace && !before && state.frame?.running) state.send({ do: "pause" });
  state.send({ do: pace || "run" });
  fillRun();
  write($("status"), "It runs.");
}

function pause() {
  pace = "";
  state.running = false;
  state.send({ do: "pause" });
  fillRun();
}

function startRun() {
  $("go").addEventListener("click", () => {
    if (state.stopped) return;
    tell("moved");
    if (state.running) pause();
    else run();
  });
  $("speed").addEventListener("change", () => { if (state.running) run(); });
  $("reset").addEventListener("click", () => { trouble(null); state.send({ do: "reset" }); });
  for (const what of ["epoch", "batch", "sample"]) $(what).addEventListener("click", () => act(what));
}

// What the server says.

function setup(message) {
  pace = "";
  state.setup = message;
  state.frame = null;
  [state.stopped, state.running] = [null, false];
  trouble(complaint);
  complaint = null;
  const settled = answered();
  if (settled) state.wanted = message.settings;
  tell("filled");
  tell("setup");
  fillRun();
  if (settled && takeUp()) run();
}

function refused({ why }) {
  if (answered() && state.setup) state.wanted = state.setup.settings;
  trouble(why);
  if (state.setup) tell("filled");
}

function stopped({ why }) {
  pace = "";
  [state.stopped, state.running] = [`${why} Reset starts again.`, false];
  trouble(state.stopped);
  fillRun();
}

function closed(why) {
  [state.send, state.running] = [() => false, false];
  fillRun();
  trouble(`${why || "The line to numlp play is closed."} Is it still running in its terminal? Then load this page again; ` +
    "else start numlp play once more and open the link that it prints.");
}

function frame(next) {
  state.frame = next;
  heard += 1;
  tell("heard", next);
  if (due) return;
  due = true;
  requestAnimationFrame(drawAll);
}

/** Draw the newest frame, and say so for each that was heard: then the next ones come. */
function drawAll() {
  due = false;
  for (; heard > 0; heard--) state.send({ do: "drawn" });
  if (!state.frame || !state.setup) return; // a frame of a net that is gone
  if (!pace) state.running = state.frame.running;
  fillRun();
  fillFigures(state.frame);
  tell("frame");
  if (pace && state.running) state.send({ do: pace });
  document.body.dataset.frames = String(Number(document.body.dataset.frames ?? 0) + 1);
  clearTimeout(resting);
  resting = setTimeout(rest, 400);
}

/** Words for those who do not see the pictures: once they have come to rest, not with each frame. */
function rest() {
  if (!state.frame) return;
  tell("rest");
  if (!state.running && $("trace").hidden) write($("status"), stateWords(state.frame));
}

function open() {
  try {
    const settings = settingsOfAddress();
    if (settings) setUp(settings);
  } catch {
    complaint = "The address has settings that cannot be read: the usual ones are set up instead.";
  }
}

/** On a narrow screen what the net answers comes first: also for the tab key. */
function order() {
  const [data, net, output] = ["data-panel", "net-panel", "output-panel"].map($);
  document.querySelector("main").append(...(narrow.matches ? [output, net, data] : [data, net, output]));
}

const narrow = window.matchMedia("(max-width: 46rem)");
narrow.addEventListener("change", order);
order();
for (const start of [startPreviews, startControls, startLayers, startNet, startUnit, startBoundary, startDrawing, startCharts,
  startTrace, startTakeaway, startLessons, startKeys, startRun]) start();
state.send = connect({ open, setup, frame, refused, stopped, closed,
  trace: (message) => tell("trace", message), python: (message) => tell("python", message) });
new ResizeObserver(() => tell("redraw")).observe($("net"));
on("wanted", () => trouble(null));
on("still", () => { if (state.running) pause(); });
