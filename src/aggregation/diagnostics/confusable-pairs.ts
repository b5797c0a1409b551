/** Two classes that the crowd takes for each other, by the items' own answers. */
export interface ConfusablePair {
  /** Class indices: the right answer of these items, and their plausible wrong one. */
  first: number;
  second: number;
  items: number;
  /** Mean confusion probability of the items, 0 to 0.5. */
  meanConfusion: number;
  /** The items that are confused most, up to as many as were asked for. */
  examples: number[];
}

/**
 * The ordered pairs of classes that items have as their two answers, those first that cost most: by the sum of their items'
 * confusion probabilities, then by the classes. Items without both answers are passed over. O(items + pairs log pairs).
 * @param first N class indices, -1 where withheld; so `second`
 * @param confusion N probabilities
 */
export function confusablePairs(
  first: ArrayLike<number>, second: ArrayLike<number>, confusion: ArrayLike<number>, { most = Infinity, examples = 5 }: { most?: number; examples?: number } = {},
): ConfusablePair[] {
  const pairs = new Map<string, ConfusablePair & { sum: number }>();
  for (let item = 0; item < first.length; item++) {
    const [g, h] = [first[item]!, second[item]!];
    // NaN, of an item whose confusion is unknown, fails too.
    if (g < 0 || h < 0 || !(confusion[item]! >= 0)) continue;
    const key = `${g} ${h}`;
    const pair = pairs.get(key) ?? { first: g, second: h, items: 0, meanConfusion: 0, examples: [], sum: 0 };
    if (pair.items === 0) pairs.set(key, pair);
    pair.items++;
    pair.sum += confusion[item]!;
    keepGreatest(pair.examples, item, confusion, examples);
  }
  return [...pairs.values()]
    .sort((a, b) => b.sum - a.sum || a.first - b.first || a.second - b.second)
    .slice(0, most)
    .map(({ sum, ...pair }) => ({ ...pair, meanConfusion: sum / pair.items }));
}

/** `kept` stays in the order of falling confusion; of equals the earlier item comes first. */
function keepGreatest(kept: number[], item: number, confusion: ArrayLike<number>, most: number): void {
  let place = kept.length;
  while (place > 0 && confusion[kept[place - 1]!]! < confusion[item]!) place--;
  if (place >= most) return;
  kept.splice(place, 0, item);
  if (kept.length > most) kept.pop();
}
