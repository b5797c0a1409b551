/**
 * Mean of `values[0 .. count - 1]` after the mean-subsequence reduction (LeBlanc et al., 2013): of the values above `own` the
 * `trim` largest go, or all where there are fewer; likewise below. `own` itself where nothing is left. Reorders `values`.
 * O(count) on average: the extremes are split off, not sorted.
 */
export function trimmedMean(values: Float64Array, count: number, trim: number, own: number): number {
  let below = 0;
  for (let i = 0; i < count; i++) if (values[i]! < own) swap(values, i, below++);
  let atMost = below;
  for (let i = below; i < count; i++) if (!(values[i]! > own)) swap(values, i, atMost++);

  let first = 0;
  if (below <= trim) first = below;
  else if (trim > 0) {
    splitAt(values, 0, below - 1, trim);
    first = trim;
  }
  let end = count;
  if (count - atMost <= trim) end = atMost;
  else if (trim > 0) {
    splitAt(values, atMost, count - 1, count - trim);
    end = count - trim;
  }
  if (first >= end) return own;
  let sum = 0;
  for (let i = first; i < end; i++) sum += values[i]!;
  return sum / (end - first);
}

/** Reorders left .. right so that what stands before `at` is no larger than what stands from `at` on (Hoare's selection). */
function splitAt(values: Float64Array, left: number, right: number, at: number): void {
  while (left < right) {
    const a = values[left]!;
    const b = values[(left + right) >> 1]!;
    const c = values[right]!;
    const pivot = Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    let i = left;
    let j = right;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i <= j) swap(values, i++, j--);
    }
    if (at <= j) right = j;
    else if (at >= i) left = i;
    else return;
  }
}

function swap(values: Float64Array, i: number, j: number): void {
  const held = values[i]!;
  values[i] = values[j]!;
  values[j] = held;
}
