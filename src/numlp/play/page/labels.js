// Where the numbers of links stand, so that as few as can be lie over one another.

const ALONG = [0.5, 0.36, 0.64, 0.24, 0.76, 0.3, 0.7, 0.43, 0.57, 0.18, 0.82];
const [WIDTH, HEIGHT] = [36, 14];

/** Give each link {layer, row, column} a place {x, y}; worked out once for a layout. */
export function placed(plan, links) {
  const taken = [];
  return links.map(({ layer, row, column }) => {
    const [from, to] = [plan.columns[layer][row], plan.columns[layer + 1][column]];
    const [x0, x1] = [from.x + plan.size / 2, to.x - plan.size / 2];
    let best = null;
    for (const t of ALONG) {
      const place = { x: x0 + t * (x1 - x0), y: from.y + t * (to.y - from.y) };
      const hidden = taken.reduce((sum, other) => sum + overlap(place, other), 0);
      if (best === null || hidden < best.hidden) best = { ...place, hidden };
      if (hidden === 0) break;
    }
    taken.push(best);
    return { layer, row, column, x: best.x, y: best.y };
  });
}

function overlap(a, b) {
  const [x, y] = [WIDTH - Math.abs(a.x - b.x), HEIGHT - Math.abs(a.y - b.y)];
  return x > 0 && y > 0 ? x * y : 0;
}
