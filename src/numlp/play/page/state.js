// What every part of the page looks at, and who wants to hear of a change.

export const state = {
  setup: null, // the last setup of the server
  frame: null, // the last frame
  wanted: {}, // settings as the controls have them; those of the setup once it has answered
  running: false,
  stopped: null, // why the run broke, in a sentence
  unit: null, // {layer, unit} that was chosen in the net; layers count dense layers from 0
  send: () => false,
};

const listeners = new Map();

/** Call `act` whenever `what` is told. */
export function on(what, act) {
  if (!listeners.has(what)) listeners.set(what, []);
  listeners.get(what).push(act);
}

export function tell(what, detail) {
  for (const act of listeners.get(what) ?? []) act(detail);
}

let unanswered = 0;
let goOn = false; // whether a run that a change broke off is to be taken up

/** Send settings, changed by `patch`; a run goes on with them. */
export function change(patch) {
  state.wanted = { ...state.wanted, ...patch };
  // The notebook's own start fits its own net alone.
  const own = state.wanted.data === "eight" && String(state.wanted.layers) === "4";
  if (state.wanted.initializer === "lesson" && !own) state.wanted.initializer = "he_normal";
  goOn ||= state.running;
  if (state.send({ do: "settings", settings: state.wanted })) unanswered += 1;
  tell("wanted");
}

/** Set everything up anew by these settings, and the usual ones for what they leave out. */
export function setUp(settings) {
  goOn = false;
  if (state.send({ do: "settings", settings })) unanswered += 1;
  tell("wanted");
}

/** Take note of an answer; return whether no other settings are on their way. */
export function answered() {
  unanswered = Math.max(0, unanswered - 1);
  return unanswered === 0;
}

/** Whether a run is to be taken up again; asked once. */
export function takeUp() {
  const was = goOn;
  goOn = false;
  return was;
}

/** For each dense layer, where its W and b lie in theta. */
export function places(layers) {
  let start = 0;
  return layers.map(({ n_in, n_out }) => {
    const place = { W: start, b: start + n_in * n_out, n_in, n_out };
    start += n_in * n_out + n_out;
    return place;
  });
}

/** The dense layers of the setup. */
export const denseLayers = () => state.setup.layers.filter((layer) => layer.kind === "dense");
