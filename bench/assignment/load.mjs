// The annotators of bench.mjs, as a process of its own, so that its processor time is told apart.
import { open, quantiles } from './client.mjs';

process.on('message', async (plan) => {
  process.send(await work(plan).catch((error) => ({ fault: error.message })));
  process.disconnect();
});

const NEXT = 'mutation ($input: NextItemsInput!) { nextItems(input: $input) { leases { id item strategy score kind votes expiresAt } empty { reason retryAfterSeconds } } }';
const VOTE = 'mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created } } }';

/**
 * @param plan.inFlight calls under way at any time; or
 * @param plan.rate calls a second that arrive whether or not earlier ones are answered (Poisson); latency counts from the arrival
 * @param plan.answers whether each item is answered by a vote before the next is asked for
 */
async function work({ port, key, projectId, annotators, classes, inFlight, rate, answers, seconds }) {
  const cpu = process.cpuUsage();
  const sockets = await Promise.all(Array.from({ length: rate ? annotators : inFlight }, () => open(port, key)));
  const asked = [];
  const voted = [];
  let given = 0;
  const reasons = {};
  let turn = Math.floor(Math.random() * annotators);
  const from = performance.now();
  const end = from + seconds * 1000;
  const step = async (socket, annotator, due) => {
    const next = (await socket({ query: NEXT, variables: { input: { projectId, annotator, count: 1 } } })).nextItems;
    asked.push(performance.now() - due);
    if (next.empty) reasons[next.empty.reason] = (reasons[next.empty.reason] ?? 0) + 1;
    for (const { item } of next.leases) {
      given++;
      if (!answers) continue;
      const began = performance.now();
      await socket({ query: VOTE, variables: { input: { projectId, votes: [{ item, annotator, class: classes[Math.floor(Math.random() * classes.length)] }] } } });
      voted.push(performance.now() - began);
    }
  };
  if (rate) await arrivals(step);
  else await Promise.all(sockets.map(async (socket) => { while (performance.now() < end) await step(socket, `annotator-${turn++ % annotators}`, performance.now()); }));
  const lasted = (performance.now() - from) / 1000;
  sockets.forEach((socket) => socket.close());
  const { user, system } = process.cpuUsage(cpu);
  return { calls: asked.length, given, reasons, seconds: lasted, asked: quantiles(asked), voted: answers ? { calls: voted.length, ...quantiles(voted) } : null, cpuSeconds: (user + system) / 1e6 };

  /** Each annotator has a socket of their own and asks once at a time; who is due while none is free waits, and the wait counts. */
  async function arrivals(run) {
    const free = sockets.map((socket, a) => ({ socket, annotator: `annotator-${a}` }));
    const waiting = [];
    let under = 0;
    let due = from;
    const start = () => {
      while (waiting.length > 0 && free.length > 0) {
        const one = free.splice(Math.floor(Math.random() * free.length), 1)[0];
        under++;
        run(one.socket, one.annotator, waiting.shift()).then(() => { under--; free.push(one); start(); });
      }
    };
    while (due < end) {
      due -= (Math.log(1 - Math.random()) / rate) * 1000;
      while (performance.now() < due) await new Promise((resolve) => setTimeout(resolve, Math.max(1, due - performance.now())));
      waiting.push(due);
      start();
    }
    while (under > 0 || waiting.length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
