// Numbers and sentences, as the page writes them.

const FEATURES = { x: "x", y: "y", x2: "x²", y2: "y²", xy: "xy", sinx: "sin x", siny: "sin y" };

/** The name of an input as it is shown; columns of a table keep theirs. */
export const inputName = (name) => FEATURES[name] ?? name;

/** Write a number with so many digits after the point; a true minus, and no "−0.00". */
export function fixed(value, digits = 2) {
  if (value === null || value === undefined) return "–";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value < 0 ? "−∞" : "∞";
  const size = Math.abs(value);
  if (size >= 1e5 || (size > 0 && size < 0.5 * 10 ** -digits && digits > 2)) {
    return value.toExponential(2).replaceAll("-", "−");
  }
  const text = size.toFixed(size < 1000 ? digits : Math.min(digits, 1));
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** Write a setting: as short as it can be. */
export function short(value) {
  if (value !== 0 && Math.abs(value) < 0.001) return String(Number(value.toPrecision(3)).toExponential()).replace("-", "−");
  return String(Number(value.toPrecision(4)));
}

export function percent(share) {
  if (share === null || share === undefined) return "–";
  return `${(100 * share).toFixed(1)} %`;
}

export const plural = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

/** "1, 2 and 3". */
export function listed(words) {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** "Dead: units 2 and 3 of layer 1.": of lists of unit numbers (from 0), one a hidden layer. */
export function deadWords(dead) {
  const parts = dead.flatMap((units, layer) => units.length === 0 ? [] :
    [`${units.length === 1 ? "unit" : "units"} ${listed(units.map((u) => u + 1))} of layer ${layer + 1}`]);
  if (parts.length === 0) return "";
  return `Dead: ${parts.join("; ")}. A dead unit gives 0 for every training point, so nothing it has learns any more.`;
}

const ACTIVATIONS = {
  relu: "ReLU", leaky_relu: "leaky ReLU", identity: "none (identity)", elu: "ELU", gelu: "GELU", silu: "SiLU",
};

/** The name of an activation as it is shown. */
export const activationName = (key) => ACTIVATIONS[key] ?? key;

/** What the large picture shows, for who does not see it. */
export function pictureWords(setup, frame) {
  const counts = `${plural(setup.classes.length, "class", "classes")}, ` +
    `${plural(setup.n_rows, "training point")}, ${setup.n_held_out} held out`;
  if (!frame) return `What the net answers where. ${counts}.`;
  const held = frame.test_accuracy === null ? "" : `, of those held out ${percent(frame.test_accuracy)}`;
  return `What the net answers where, at epoch ${frame.epoch}: right in ` +
    `${percent(frame.train_accuracy)} of the training points${held}. ${counts}.`;
}

/** Where training is, in a sentence. */
export function stateWords(frame) {
  const batch = frame.batch > 0 ? `, batch ${frame.batch} of ${frame.batches}` : "";
  const held = frame.test_loss === null ? "" :
    `, held-out loss ${fixed(frame.test_loss, 3)}, ${percent(frame.test_accuracy)} of the points held out right`;
  return `Epoch ${frame.epoch}${batch}: training loss ${fixed(frame.train_loss, 3)}${held}.`;
}
