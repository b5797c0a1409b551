// What the figures share.

/** Labels at the lines' ends, moved apart where they would touch. @param ends [{ at, ... }], at in pixels from above */
export function labelPlaces(ends, apart = 17) {
  const places = [...ends].sort((a, b) => a.at - b.at).map((end) => ({ ...end, label: end.at }));
  for (let round = 0; round < 200; round++) {
    for (let n = 1; n < places.length; n++) {
      const overlap = apart - (places[n].label - places[n - 1].label);
      if (overlap <= 0) continue;
      places[n - 1].label -= overlap / 2;
      places[n].label += overlap / 2;
    }
  }
  return places;
}

/** Where a line of points [x, y] first reaches a height, straight between two of them; null if it never does. */
export function firstReach(points, goal) {
  const at = points.findIndex(([, y]) => y >= goal);
  if (at <= 0) return at === 0 ? points[0][0] : null;
  const [[x0, y0], [x1, y1]] = [points[at - 1], points[at]];
  return x0 + ((goal - y0) / (y1 - y0)) * (x1 - x0);
}

export function f(number) {
  return number.toFixed(1);
}
