// What one takes away: the run as Python, a link, a picture.

import { drawBoundary } from "./boundary.js";
import { colors, css } from "./colors.js";
import { $, write } from "./dom.js";
import { currentPlan, drawNet } from "./net.js";
import { on, state } from "./state.js";
import { stateWords } from "./words.js";

// The link: settings that are not the usual ones, as JSON in base64url. Never the token.

let usual = null; // settings of the first setup

function packed(settings) {
  const own = Object.entries(settings).filter(([name, value]) =>
    name === "data" || JSON.stringify(value) !== JSON.stringify(usual?.[name]));
  const bytes = new TextEncoder().encode(JSON.stringify(Object.fromEntries(own)));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Settings in the address of the page: an object, null if there are none, or a thrown error. */
export function settingsOfAddress() {
  const text = location.hash.slice(1);
  if (!text) return null;
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const settings = JSON.parse(new TextDecoder().decode(Uint8Array.from(plain, (c) => c.charCodeAt(0))));
  if (typeof settings !== "object" || settings === null || Array.isArray(settings)) throw new Error("no settings");
  return settings;
}

function showLink() {
  const hash = packed(state.setup.settings);
  const { data } = state.setup.settings;
  const missing = { table: " Your CSV is not in it: open it where numlp play runs on the same file.",
    points: " Points that you drew are not in it." }[data] ?? "";
  showText("Copy link", `The link sets up data, net and training as they are now, at epoch 0. ` +
    `It opens where numlp play runs at this address.${missing} ` +
    "Weights that you edited are not in it.", `${location.origin}/#${hash}`);
}

function showPython({ text }) {
  showText("Copy as Python", "This program trains the same net with numlp, and prints the losses of the page.", text);
}

function showText(title, words, text) {
  write($("text-title"), title);
  write($("text-words"), words);
  write($("text-done"), "");
  $("text").value = text;
  $("text").rows = Math.min(20, text.split("\n").length + 1);
  $("text-dialog").showModal();
  $("text").setSelectionRange(0, 0);
  $("text").scrollTop = 0;
  $("text-copy").focus();
}

async function copy() {
  try {
    await navigator.clipboard.writeText($("text").value);
    write($("text-done"), "Copied.");
  } catch {
    $("text").select();
    write($("text-done"), "The browser does not let the page copy: the text is selected, press Ctrl+C.");
  }
}

// The picture: the boundary and the net beside it.

function savePicture() {
  const plan = currentPlan();
  if (!plan || !state.setup) return;
  const side = Math.max(420, Math.min(plan.height, 600));
  const canvas = document.createElement("canvas");
  const [gap, foot] = [24, 40];
  [canvas.width, canvas.height] = [2 * (plan.width + side + 3 * gap), 2 * (Math.max(side, plan.height) + 2 * gap + foot)];
  const context = canvas.getContext("2d");
  context.scale(2, 2);
  const part = (draw, x, width, height) => {
    const own = document.createElement("canvas");
    [own.width, own.height] = [2 * width, 2 * height];
    const inner = own.getContext("2d");
    inner.scale(2, 2);
    draw(inner, width, height);
    context.drawImage(own, x, gap, width, height);
  };
  context.fillStyle = css(colors.ground);
  context.fillRect(0, 0, canvas.width, canvas.height);
  part(drawNet, gap, plan.width, plan.height);
  part(drawBoundary, plan.width + 2 * gap, side, side);
  context.fillStyle = css(colors.text);
  context.font = "14px system-ui, sans-serif";
  context.fillText(state.frame ? stateWords(state.frame) : "", gap, canvas.height / 2 - gap);
  canvas.toBlob(save, "image/png");
}

function save(blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `numlp-play-epoch-${state.frame?.epoch ?? 0}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  write($("status"), `Saved as ${link.download}.`);
}

export function startTakeaway() {
  on("setup", () => { usual ??= state.setup.settings; });
  on("python", showPython);
  $("python").addEventListener("click", () => state.send({ do: "python" }));
  $("link").addEventListener("click", () => { if (state.setup) showLink(); });
  $("picture").addEventListener("click", savePicture);
  $("text-copy").addEventListener("click", copy);
  $("text-close").addEventListener("click", () => $("text-dialog").close());
}
