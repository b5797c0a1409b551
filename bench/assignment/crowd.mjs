// The crowd of the campaigns: what each annotator would say of each item, drawn before anybody is asked, so that all policies meet the same answers.

export const CROWD = { items: 400, annotators: 20, classes: 4, hardShare: 0.2, leastSkill: 0.65, mostSkill: 0.95 };

/** Of an annotator's skill above chance so much is left on a hard item. */
const LEFT_ON_HARD = 0.3;
/** Share of an annotator's errors that fall on the one class they take the true one for. */
const HABIT = 0.3;

/**
 * Skills are spread evenly from the least to the most. One of 13 settings that were tried in a replica of the policies, of fewest-votes, random and
 * information gain each: the one whose fewest-votes came nearest to .725, .820 and .885 at 2, 3 and 5 votes an item (.716, .819, .880). The
 * other two were seen when it was taken; what they spend against random differs between crowds (60% to 70% of the votes in those tried).
 * @returns the true class of each item, and item -> annotator -> class
 */
export function drawCrowd(seed) {
  const { items: N, annotators: M, classes: K, hardShare, leastSkill, mostSkill } = CROWD;
  const random = generator(seed);
  const other = (k) => (k + 1 + Math.floor(random() * (K - 1))) % K;
  const truth = Array.from({ length: N }, () => Math.floor(random() * K));
  const isHard = Array.from({ length: N }, () => random() < hardShare);
  const skills = shuffled(Array.from({ length: M }, (_, a) => leastSkill + ((mostSkill - leastSkill) * (a + 0.5)) / M), random);
  const takenFor = Array.from({ length: M }, () => Array.from({ length: K }, (_, k) => other(k)));
  const answers = truth.map((k, item) => skills.map((skill, a) => {
    const right = isHard[item] ? 1 / K + (skill - 1 / K) * LEFT_ON_HARD : skill;
    if (random() < right) return k;
    return random() < HABIT ? takenFor[a][k] : other(k);
  }));
  return { truth, answers };
}

export function shuffled(values, random) {
  const order = [...values];
  for (let last = order.length - 1; last > 0; last--) {
    const place = Math.floor(random() * (last + 1));
    [order[last], order[place]] = [order[place], order[last]];
  }
  return order;
}

/** Mulberry32: 0 to 1, of the seed alone. */
export function generator(seed) {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
