import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService, type Service } from '../setup/service.js';
import { endless, manyVotes, newCrowd, readRun, runToEnd, socketClient, startRun, untilRun } from './crowd.js';

const PROGRESS = `subscription ($id: ID!) { runProgress(run: $id) { id status phase iteration logLikelihood diagnostics { converged } } }`;

interface State {
  status: string;
  phase: string | null;
  iteration: number | null;
  logLikelihood: number | null;
}

let service: Service;
let projectId: string;
beforeAll(async () => {
  service = await startService({ LOG_LEVEL: 'error' });
  ({ projectId } = await newCrowd(service, manyVotes));
});
afterAll(() => service.stop());

const cancel = (id: string) => service.data(`mutation ($id: ID!) { cancelRun(input: { id: $id }) { run { id } } }`, { id });

/** Every state a subscriber is told until the subscription ends. */
async function follow(id: string, onState: (state: State) => void = () => {}, key = service.key): Promise<{ states: State[]; errors: unknown }> {
  const client = socketClient(service, key);
  const states: State[] = [];
  let errors: unknown = null;
  try {
    for await (const { data, errors: refused } of client.iterate<{ runProgress: State }>({ query: PROGRESS, variables: { id } })) {
      if (refused) errors = refused;
      else {
        states.push(data!.runProgress);
        onState(data!.runProgress);
      }
    }
  } catch (error) {
    errors = error;
  }
  await client.dispose();
  return { states, errors };
}

describe('runProgress', () => {
  it('tells phases and iterations in order, none older than the last, and completes with the run', async () => {
    const id = await startRun(service, projectId, endless);
    const seen = new Set<number>();
    const { states, errors } = await follow(id, ({ phase, iteration }) => {
      if (phase === 'em' && seen.size < 3 && seen.add(iteration!).size === 3) void cancel(id);
    });
    expect(errors).toBeNull();
    const told = states.filter((state) => state.phase === 'em');
    expect(seen.size).toBe(3);
    told.slice(1).forEach((state, n) => expect(state.iteration!).toBeGreaterThanOrEqual(told[n]!.iteration!));
    // Exact EM: what is told never falls, within rounding.
    told.slice(1).forEach((state, n) => expect(state.logLikelihood!).toBeGreaterThanOrEqual(told[n]!.logLikelihood! - 1e-6));
    const order = ['QUEUED', 'RUNNING', 'CANCELLED'];
    const statuses = states.map((state) => order.indexOf(state.status));
    expect(statuses).toEqual([...statuses].sort());
    expect(statuses.at(-1)).toBe(2);
    const { states: all } = await follow(await startRun(service, projectId, { method: 'dawid-skene', options: { tolerance: 0, maxIterations: 300 } }));
    expect(all.at(-1)).toMatchObject({ status: 'SUCCEEDED', phase: 'done', iteration: 300, logLikelihood: expect.any(Number), diagnostics: { converged: false } });
  });

  it('is told at most about four times a second', async () => {
    const id = await startRun(service, projectId, endless);
    await untilRun(service, id, (run) => (run.iteration ?? 0) > 0);
    const told: number[] = [];
    const { states } = await follow(id, () => {
      told.push(performance.now());
      if (told.length === 10) void cancel(id);
    });
    expect(states.at(-1)!.status).toBe('CANCELLED');
    // The first is the state as it was, and one that was told before may have been late.
    expect(told[9]! - told[0]!).toBeGreaterThan(7 * 200);
  });

  it('gives the one last state of a run that has ended, and completes', async () => {
    const { id } = await runToEnd(service, projectId, { method: 'majority-vote' });
    const { states } = await follow(id);
    expect(states.map((state) => state.status)).toEqual(['SUCCEEDED']);
  });

  it('tells many subscribers of one run the same end', async () => {
    const id = await startRun(service, projectId, { method: 'dawid-skene', options: { tolerance: 0, maxIterations: 1000 } });
    const all = await Promise.all(Array.from({ length: 8 }, () => follow(id)));
    for (const { states } of all) expect(states.at(-1)!.status).toBe('SUCCEEDED');
  });

  it('a subscriber who leaves lets go of everything, and the run goes on', async () => {
    const id = await startRun(service, projectId, endless);
    const client = socketClient(service);
    await new Promise<void>((resolve) => {
      const leave = client.subscribe({ query: PROGRESS, variables: { id } }, { next: () => { leave(); resolve(); }, error: () => {}, complete: () => {} });
    });
    await client.dispose();
    await untilRun(service, id, (run) => (run.iteration ?? 0) > 0);
    expect((await readRun(service, id)).status).toBe('RUNNING');
    await cancel(id);
  });

  it.each([
    ['a query', '{ projects { nodes { id } } }', /takes subscriptions only; send this query by HTTP/, 'INVALID_INPUT'],
    ['a mutation', 'mutation { cancelRun(input: { id: "x" }) { run { id } } }', /send this mutation by HTTP/, 'INVALID_INPUT'],
    ['what is no GraphQL', 'subscription { runProgress(', /Syntax Error/, 'INVALID_INPUT'],
    ['too many tokens', `subscription { ${'a '.repeat(5000)} }`, /4000/, 'INVALID_INPUT'],
    ['a field that is not there', 'subscription { runProgress(run: "x") { colour } }', /colour/, 'INVALID_INPUT'],
    ['aliases without end', `subscription { runProgress(run: "x") { ${Array.from({ length: 40 }, (_, n) => `a${n}: id`).join(' ')} } }`, /aliases/i, 'LIMIT_EXCEEDED'],
  ])('a socket refuses %s in the words of the HTTP door', async (_, query, message, code) => {
    const client = socketClient(service);
    const refused = await new Promise<unknown>((resolve) => {
      client.subscribe({ query }, { next: () => resolve('answered'), error: resolve, complete: () => resolve('completed') });
    });
    await client.dispose();
    expect(refused).toMatchObject([{ message: expect.stringMatching(message), extensions: { code } }]);
  });

  it("refuses another workspace's run as an absent one, and a socket without a key", async () => {
    const { id } = await runToEnd(service, projectId, { method: 'majority-vote' });
    const foreign = await service.newKey({ workspaceId: await service.newWorkspace() });
    const { states, errors } = await follow(id, () => {}, foreign);
    expect(states).toEqual([]);
    expect(errors).toMatchObject([{ message: expect.stringMatching(/there is no run/), extensions: { code: 'NOT_FOUND' } }]);
    const none = await follow(id, () => {}, 'assay_nobody');
    expect(none.states).toEqual([]);
    expect(none.errors).toMatchObject({ code: 4403 });
  });
});
