// The README of bench.mjs.

const whole = (number) => Math.round(number).toLocaleString('en');
const ms = (number) => (number < 10 ? number.toFixed(1) : whole(number));
const seconds = (phases) => Object.values(phases).reduce((sum, one) => sum + one, 0);
const byPhase = (phases) => Object.entries(phases).filter(([, one]) => one >= 0.05).map(([phase, one]) => `${phase} ${one.toFixed(1)} s`).join(', ');

export function report(found, { cores, node, load, commit }) {
  const { items, annotators, asking, live, plans, rescored, rescoredActiveLab } = found;
  const rows = asking.map((one) => {
    const way = one.rate ? `${whole(one.rate)} calls a second arrive` : one.inFlight === 1 ? 'one after the other' : `${one.inFlight} in flight`;
    const cpu = [one.cpu.service, one.cpu.database, one.cpu.annotators].map((spent) => ((1000 * spent) / one.calls).toFixed(2)).join(' + ');
    return `| ${one.answers ? 'yes' : 'no'} | ${way} | ${ms(one.asked.p50)} | ${ms(one.asked.p99)} | ${whole(one.calls / one.seconds)} | ${one.voted ? `${ms(one.voted.p50)} / ${ms(one.voted.p99)}` : ''} | ${cpu} |`;
  });
  return `# What to label next, with a million open items

\`npm run build && node bench/assignment/bench.mjs\`; ${whole(items)} open items of 5 classes, ${whole(2 * items)} votes of ${annotators} annotators, \`maxVotes\` 5, information gain; ${cores} cores shared by the
annotators (a process of their own), the service and the embedded PostgreSQL (durable), Node ${node}, load ${load.toFixed(1)} at the end, commit ${commit}.

## nextItems

By HTTP and GraphQL, one item a call, ${found.seconds} s each. With answers, each item is voted on (\`submitVotes\`) before the next is asked for. Where calls arrive
at a rate, they do so at random (Poisson), ${annotators} annotators asking at most once at a time, and the time counts from the arrival, the wait for
an annotator's own earlier call included; with a number in flight, p50 is that number by the calls a second, whatever the service does.

| answers | calls | p50 ms | p99 ms | nextItems/s | submitVotes p50 / p99 ms | CPU ms a call: service + database + annotators |
|---|---|---|---|---|---|---|
${rows.join('\n')}

## Putting a million items in order

| policy | seconds | by phase |
|---|---|---|
| information-gain, after a run of Dawid-Skene over ${whole(2 * items)} votes | ${seconds(rescored.seconds).toFixed(1)} | ${byPhase(rescored.seconds)} |
| activelab, after ${whole(items)} predictions of 10 classes came (beside ${whole(2 * items)} votes) | ${seconds(rescoredActiveLab.seconds).toFixed(1)} | ${byPhase(rescoredActiveLab.seconds)} |

On a thread and a connection of its own; the order in use stays until the new one takes over. The bulk route took ${found.votesSeconds.toFixed(0)} s for the
votes (items and annotators made on the way) and ${found.predictionsSeconds.toFixed(0)} s for the predictions; the run ${seconds(found.run.seconds).toFixed(1)} s.

## Labels between runs

${whole(live.votes / live.seconds)} votes/s in calls of 10 for ${live.seconds.toFixed(0)} s, ${whole(live.followed)} of them followed by a reader that asks for the item's soft label every 20 ms: from the vote's
answer until the label shown is \`live\` and counts the vote, p50 ${ms(live.ages.p50)} ms, p99 ${ms(live.ages.p99)} ms, at most ${ms(live.ages.most)} ms. The votes' own answers took ${ms(live.answered.p50)} / ${ms(live.answered.p99)} ms.

## Plans

As executed for a call, from the database's log. No statement sorts the queue: its order is that of an index, read from one end and no further than
asked for; sorts are of the few rows that were found.

The first entries of the queue, read once for all who ask within a tenth of a second:
\`\`\`
${plans.head}
\`\`\`

A lease is given: the best of those that this annotator has neither answered nor holds:
\`\`\`
${plans.give}
\`\`\`

The walk further down, for calls of more than 16 items and for whoever has had the first entries:
\`\`\`
${plans.walk}
\`\`\`
`;
}
