// A careless or hostile neighbour, as a process of its own: does one thing as often as it is let, until it is told to end, and counts the answers.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What each does: one round, again and again, by so many at once. `ask` answers with the status. */
const attacks = {
  'cheap reads, 256 at once': { atOnce: 256, round: ({ graphql }) => graphql('{ projects(first: 1) { nodes { id } } }') },
  'reads of nearly the largest cost, 64 at once': {
    atOnce: 64, round: ({ graphql, projectId }) => graphql(`query ($p: ID!) { project(id: $p) { items(first: 800) { nodes { id externalId softLabel { probabilities consensus confidence } votes(first: 5) { nodes { id } } } } } }`, { p: projectId }),
  },
  'timelines of all annotators, 64 at once': { atOnce: 64, round: ({ graphql, projectId }) => graphql(`query ($p: ID!) { project(id: $p) { annotators(first: 40) { nodes { id reliabilityTimeline(first: 1) { nodes { votes } } } } } }`, { p: projectId }) },
  'documents that are checked for long, 64 at once': { atOnce: 64, round: ({ graphql }, n) => graphql(`{ ${Array.from({ length: 450 }, (_, i) => `projects(first: ${1 + (i % 2)}) { nodes { id } }`).join(' ')} } # ${n}`) },
  'bodies of 15 MB that are no document, 16 at once': { atOnce: 16, round: ({ post }) => post('/graphql', `{"query": "{ __typename }", "variables": {"x": "${' '.repeat(15_000_000)}"}}`) },
  'downloads of 1M votes at full speed, 8 at once': { atOnce: 8, round: ({ get, projectId }) => get(`/projects/${projectId}/votes.csv`) },
  'downloads of 1M votes that are read slowly, 50 at once': { atOnce: 50, round: ({ get, projectId }) => get(`/projects/${projectId}/votes.csv`, 20) },
  'votes in calls of 1,000, 64 at once': {
    atOnce: 64, round: ({ graphql, projectId }, n) => graphql('mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created } } }', {
      input: { projectId, votes: Array.from({ length: 1000 }, (_, i) => ({ item: `extra ${(n * 1000 + i) % 200_000}`, annotator: `neighbour ${n % 97}`, class: 'a' })) },
    }),
  },
  'next items, 200 at once': { atOnce: 200, round: ({ graphql, projectId }, n) => graphql('mutation ($input: NextItemsInput!) { nextItems(input: $input) { leases { item } } }', { input: { projectId, annotator: `asker ${n % 200}` } }) },
  'uploads, 8 at once': { atOnce: 8, round: ({ post, projectId }, n) => post(`/projects/${projectId}/votes`, Array.from({ length: 50_000 }, (_, i) => `{"item":"up ${i}","annotator":"up ${n % 97}","class":"b"}\n`).join(''), 'application/x-ndjson') },
};

export const names = Object.keys(attacks);

if (process.send) process.once('message', (plan) => void run(plan));

async function run({ name, port, key, projectId }) {
  const { atOnce, round } = attacks[name];
  const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });
  const statuses = {};
  let ended = false;
  let n = 0;
  const cpu = process.cpuUsage();
  process.on('message', () => { ended = true; });
  const ask = (method, path, body, type, pauseMs) => new Promise((resolve) => {
    const sent = http.request({ host: '127.0.0.1', port, agent, method, path, headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': type, 'content-length': Buffer.byteLength(body) }) } }, (answer) => {
      answer.on('close', () => resolve(answer.statusCode));
      if (!pauseMs) return answer.resume();
      answer.on('data', () => {
        answer.pause();
        setTimeout(() => answer.resume(), pauseMs);
      });
    });
    sent.on('error', () => resolve('broken off')).end(body);
    ending.add(sent);
    sent.once('close', () => ending.delete(sent));
  });
  const ending = new Set();
  const tools = {
    projectId,
    post: (path, body, type = 'application/json') => ask('POST', path, body, type),
    get: (path, pauseMs) => ask('GET', path, undefined, undefined, pauseMs),
    graphql: (query, variables) => ask('POST', '/graphql', JSON.stringify({ query, variables }), 'application/json'),
  };
  const loop = async () => {
    while (!ended) {
      const status = await round(tools, n++);
      statuses[status] = (statuses[status] ?? 0) + 1;
      // Whoever is refused comes again at once, not after the second that is told.
      if (status !== 200) await sleep(20);
    }
  };
  const loops = Array.from({ length: atOnce }, loop);
  while (!ended) await sleep(50);
  for (const sent of ending) sent.destroy();
  await Promise.race([Promise.all(loops), sleep(2000)]);
  const { user, system } = process.cpuUsage(cpu);
  process.send({ statuses, cpuSeconds: (user + system) / 1e6 }, () => process.exit(0));
}
