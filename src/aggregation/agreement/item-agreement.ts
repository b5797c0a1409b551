import type { VoteTable } from '../vote-table.js';
import { countAnswers, distinctAnswers } from './answer-sets.js';
import { countClasses } from './class-counts.js';
import type { AgreementMetric, AnswerDistance, MetricSetting } from './metric.js';

/** Items with two votes or more, ascending; one entry an item. */
export interface ItemAgreement {
  items: Int32Array;
  votes: Int32Array;
  /** 0 to 1. */
  agreement: Float64Array;
}

const unlike: AnswerDistance = () => 1;

/** See `itemAgreement`. */
export function agreementOfItems(metric: AgreementMetric, votes: VoteTable, selection: ArrayLike<number> | null, setting: MetricSetting): ItemAgreement {
  const { classes, answers } = metric.ofSets ? distinctAnswers(votes) : { classes: votes.classes, answers: null };
  const codes = answers ? answers.offsets.length - 1 : votes.classCount;
  const distance = metric.distance?.(answers ? countAnswers(votes, selection).counts : countClasses(votes, selection), setting, answers) ?? unlike;
  const chosen = selection ? Int32Array.from(selection).sort() : null;
  const n = chosen ? chosen.length : votes.itemCount;
  const found: ItemAgreement = { items: new Int32Array(n), votes: new Int32Array(n), agreement: new Float64Array(n) };
  const tally = new Int32Array(codes);
  const given = new Int32Array(codes);
  let length = 0;
  for (let s = 0; s < n; s++) {
    const item = chosen ? chosen[s]! : s;
    let m = 0;
    let distinct = 0;
    for (let v = votes.itemOffsets[item]!; v < votes.itemOffsets[item + 1]!; v++) {
      const code = classes[v]!;
      if (code >= codes) continue;
      if (tally[code]!++ === 0) given[distinct++] = code;
      m++;
    }
    let apart = 0;
    for (let i = 1; i < distinct; i++) {
      for (let j = 0; j < i; j++) apart += tally[given[i]!]! * tally[given[j]!]! * distance(given[i]!, given[j]!);
    }
    for (let i = 0; i < distinct; i++) tally[given[i]!] = 0;
    if (m < 2) continue;
    found.items[length] = item;
    found.votes[length] = m;
    // Sums of distances may end a hair above what they cannot pass.
    found.agreement[length++] = Math.max(0, 1 - (2 * apart) / (m * (m - 1)));
  }
  return { items: found.items.subarray(0, length), votes: found.votes.subarray(0, length), agreement: found.agreement.subarray(0, length) };
}
