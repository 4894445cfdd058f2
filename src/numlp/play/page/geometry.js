// Where units and links of the net stand in its picture.

import { denseLayers, state } from "./state.js";

const MOST_INPUTS = 16; // more are told in words

/** Lay the net out in a box of this width: columns of units, and the links between them. */
export function layOut(width) {
  const dense = denseLayers();
  const inputs = Math.min(state.setup.inputs.length, MOST_INPUTS);
  const counts = [inputs, ...dense.map((layer) => layer.n_out)];
  const most = Math.max(...counts);
  const longest = Math.max(...state.setup.inputs.slice(0, inputs).map((name) => name.length));
  const left = Math.max(20, Math.min(7 * longest - 10, width * 0.16)); // names of inputs stand there
  const right = 4;
  const step = (width - left - right) / counts.length;
  const size = Math.round(Math.max(18, Math.min(54, step * 0.6, 470 / most - 4)));
  const pitch = size + (most > 10 ? 6 : 12);
  const height = Math.max(2, most) * pitch + 22;
  const columns = counts.map((count, c) => {
    const x = left + step * (c + 0.5);
    const top = (height - 22 - count * pitch) / 2 + pitch / 2;
    return Array.from({ length: count }, (_, i) => ({ x, y: top + i * pitch }));
  });
  return { width, height, size, columns, left: left + step / 2 - size / 2, hidden: state.setup.inputs.length - inputs };
}

/** The link nearest to a place, as {layer, row, column}, or null if none is near. */
export function linkAt(plan, x, y) {
  let [best, found] = [7, null];
  for (let layer = 0; layer + 1 < plan.columns.length; layer++) {
    const [from, to] = [plan.columns[layer], plan.columns[layer + 1]];
    const [x0, x1] = [from[0].x + plan.size / 2, to[0].x - plan.size / 2];
    if (x < x0 || x > x1) continue;
    const t = (x - x0) / (x1 - x0);
    for (let row = 0; row < from.length; row++) {
      for (let column = 0; column < to.length; column++) {
        const rise = to[column].y - from[row].y;
        const off = Math.abs(from[row].y + t * rise - y) / Math.hypot(1, rise / (x1 - x0));
        if (off < best) [best, found] = [off, { layer, row, column }];
      }
    }
  }
  return found;
}
