// Lines between answers on a grid: where a probability is one half, or the likeliest class changes.

/** Add the line where the grid crosses `level` to a path (marching squares). */
export function addLevel(path, grid, size, level, toX, toY) {
  const cut = (a, b) => (level - a) / (b - a);
  for (let i = 0; i + 1 < size; i++) {
    for (let j = 0; j + 1 < size; j++) {
      const at = i * size + j;
      const [a, b, c, d] = [grid[at], grid[at + 1], grid[at + size + 1], grid[at + size]];
      const kind = (a > level) | (b > level) << 1 | (c > level) << 2 | (d > level) << 3;
      if (kind === 0 || kind === 15) continue;
      const ends = [];
      if ((a > level) !== (b > level)) ends.push([j + cut(a, b), i]);
      if ((b > level) !== (c > level)) ends.push([j + 1, i + cut(b, c)]);
      if ((d > level) !== (c > level)) ends.push([j + cut(d, c), i + 1]);
      if ((a > level) !== (d > level)) ends.push([j, i + cut(a, d)]);
      for (let k = 0; k + 1 < ends.length; k += 2) {
        path.moveTo(toX(ends[k][0]), toY(ends[k][1]));
        path.lineTo(toX(ends[k + 1][0]), toY(ends[k + 1][1]));
      }
    }
  }
}

/** For several classes: how far the class k is ahead of the best other one. */
export function lead(grids, classes, size, k, out) {
  const n = size * size;
  for (let i = 0; i < n; i++) {
    let best = 0;
    for (let c = 0; c < classes; c++) if (c !== k) best = Math.max(best, grids[c * n + i]);
    out[i] = grids[k * n + i] - best;
  }
  return out;
}
