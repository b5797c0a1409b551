// Prints a digest of what each part of the aggregation library computes, one line a part: run under two Nodes, the lines must be the same.
import { createHash } from 'node:crypto';
import {
  acquisitionScores, aggregate, agreementMetrics, findMethod, majorityVoteCertificate, measureAgreement, methodAdvice, methodsOfVotes, relabelOrNew, resolveOptions, runParameters, scoreItems,
  simulateCrowd, versionsOf, VoteTable,
} from '../../dist/src/aggregation/index.js';

/** Whatever is found, to the bit: arrays by their bytes, the rest as it stands. */
function digest(value) {
  const hash = createHash('sha256');
  const take = (part) => {
    if (ArrayBuffer.isView(part)) hash.update(`${part.constructor.name} ${part.length}:`).update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
    else if (typeof part === 'number') take(Float64Array.of(part));
    else if (part !== null && typeof part === 'object') for (const [name, inner] of Object.entries(part)) { hash.update(`${name}=`); take(inner); }
    else hash.update(`${typeof part} ${String(part)};`);
  };
  take(value);
  return hash.digest('hex').slice(0, 16);
}

const crowds = {
  'K = 2': { model: 'glad', classes: 2, items: 400, annotators: 30, spammers: 0.1 },
  'K = 5': { model: 'dawid-skene', classes: 5, items: 400, annotators: 30, annotatorTail: 1, drifters: 0.1 },
  'K = 70': { model: 'top-two', classes: 70, items: 300, annotators: 40, classSkew: 1 },
};
for (const [name, options] of Object.entries(crowds)) {
  const tell = (part, value) => console.log(`${name}, ${part}: ${digest(value)}`);
  const crowd = simulateCrowd(options, 7);
  tell('simulateCrowd', crowd);
  const votes = new VoteTable(crowd.columns);
  const { classCount } = votes;
  const gold = crowd.truth.map((truth, item) => (item % 10 === 0 ? truth : -1));
  let posteriors;
  for (const { method } of methodsOfVotes(classCount)) {
    for (const { version } of versionsOf(method)) {
      for (const threads of [1, 2]) {
        const found = aggregate(votes, method.id, { version, seed: 3, threads, ...(method.reads.includes('gold') && { gold }) });
        tell(`${method.id} ${version}, ${threads} threads`, found);
        if (method.id === 'dawid-skene') ({ posteriors } = found);
      }
    }
  }
  // What a model that reads the same items might say: smooth, so that its logarithms count.
  const predictions = [posteriors.map((p) => (p + 0.3 / classCount) / 1.3)];
  const crowdlab = findMethod('crowdlab');
  tell(crowdlab.id, crowdlab.run({ votes, predictions }, resolveOptions(crowdlab, {}), { seed: 3 }));
  tell('relabelOrNew', relabelOrNew({ votes, predictions, count: 20 }));
  const parameters = runParameters(votes, aggregate(votes, 'dawid-skene', { seed: 3 }));
  for (const { id } of acquisitionScores) tell(id, scoreItems(id, { votes, posteriors, predictions, parameters, seed: 3 }));
  if (classCount > 5) continue;
  for (const { id } of agreementMetrics) tell(id, measureAgreement({ metric: id, votes, classValues: Float64Array.from({ length: classCount }, (_, k) => k), replicates: 20, perClass: true }));
  tell('certificate', majorityVoteCertificate({ votes }, { draws: 20 }));
  tell('tuneByGold', aggregate(votes, 'soft-label-mean', { gold: Int32Array.from(crowd.truth), options: { tuneByGold: true }, seed: 3 }));
  tell('advice', methodAdvice(votes, { gold, draws: 1 }));
}
