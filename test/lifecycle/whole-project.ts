import { setTimeout as sleep } from 'node:timers/promises';

/** Whatever calls the API: a service in the test's process, or one in its own. */
export interface Caller {
  // Answers are looked into by the tests that asked for them.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  data: (query: string, variables?: object) => Promise<any>;
}

export interface WholeProject {
  id: string;
  /** A secret that opens the project for its annotator "ann 1". */
  annotatorKey: string;
  runId: string;
}

const ITEMS = 40;
const CLASSES = ['ham', 'spam', 'eggs'];

/**
 * A project with all that a project can have through the API: votes that stand, were superseded and withdrawn, gold, a sample, predictions,
 * what is known of annotators, a report, runs with findings, a certificate and advice, a queue, leases, keys, idempotency keys and lines of the audit log.
 * @param mark stands in every name and text of it
 */
export async function wholeProject({ data }: Caller, mark: string): Promise<WholeProject> {
  const { createProject } = await data(`mutation ($input: CreateProjectInput!) { createProject(input: $input) { project { id } } }`, {
    input: { name: `project ${mark}`, classes: CLASSES, rules: { maxVotes: 10, flagRule: 'votes >= 1' }, idempotencyKey: `create-${mark}` },
  });
  const projectId: string = createProject.project.id;
  const call = (mutation: string, type: string, input: object, answer = 'replayed') => data(`mutation ($input: ${type}!) { ${mutation}(input: $input) { ${answer} } }`, { input: { projectId, ...input } });
  const items = Array.from({ length: ITEMS }, (_, i) => ({ externalId: `item ${i} ${mark}`, payload: { text: `payload ${mark}` } }));
  await call('addItems', 'ItemsInput', { items }, 'results { status }');
  const votes = items.flatMap(({ externalId: item }, i) => [1, 2, 3].map((a) => ({
    item, annotator: `ann ${a} ${mark}`, class: a === 3 ? 'spam' : CLASSES[i % 2], voteId: `vote ${i} ${a} ${mark}`, comment: `comment by ${a} on ${i} ${mark}`, durationMs: 50,
  })));
  await call('submitVotes', 'SubmitVotesInput', { votes, idempotencyKey: `votes-${mark}` });
  // Three of them are superseded, and one is withdrawn.
  await call('submitVotes', 'SubmitVotesInput', { votes: votes.slice(0, 3).map((vote) => ({ ...vote, class: 'eggs', voteId: null, comment: `second thought ${vote.comment}` })) });
  await call('withdrawVotes', 'WithdrawVotesInput', { votes: [{ item: votes.at(-1)!.item, annotator: votes.at(-1)!.annotator }] });
  await call('setGold', 'SetGoldInput', { rows: items.slice(0, 3).map(({ externalId: item }) => ({ item, class: 'ham', reason: `reason ${mark}` })), idempotencyKey: `gold-${mark}` });
  await call('setAnnotatorPriors', 'SetAnnotatorPriorsInput', { rows: [{ annotator: `ann 1 ${mark}`, accuracy: 0.9, reason: `ann 1 ${mark} was tested` }], idempotencyKey: `priors-${mark}` });
  await call('drawGoldSample', 'DrawGoldSampleInput', { design: 'UNIFORM', size: 5 });
  await call('submitPredictions', 'SubmitPredictionsInput', {
    model: `model ${mark}`, version: `version ${mark}`, rows: items.slice(0, 10).map(({ externalId: item }) => ({ item, probabilities: [0.5, 0.25, 0.25] })),
  });
  await call('pauseAnnotators', 'AnnotatorStatusInput', { annotators: [`ann 2 ${mark}`], reason: `paused ${mark}` }, 'results { status }');
  const { startRun } = await call('startRun', 'StartRunInput', { method: 'dawid-skene' }, 'run { id }');
  const runId: string = startRun.run.id;
  await ended({ data }, runId);
  await data(`query ($id: ID!) { run(id: $id) { certificate { verdict } } }`, { id: runId });
  await data(`query ($id: ID!) { project(id: $id) { methodAdvice { __typename } } }`, { id: projectId });
  const { requestAgreement } = await call('requestAgreement', 'RequestAgreementInput', { metric: 'percent', by: ['ITEM', 'PAIR'], selection: { annotators: [`ann 1 ${mark}`, `ann 2 ${mark}`] } }, 'report { id }');
  for (let status = 'QUEUED'; ['QUEUED', 'RUNNING'].includes(status); await sleep(50)) status = (await data(`query ($id: ID!) { report(id: $id) { status } }`, { id: requestAgreement.report.id })).report.status;
  await call('nextItems', 'NextItemsInput', { annotator: `ann 1 ${mark}`, count: 2 }, 'leases { id }');
  await call('nextItems', 'NextItemsInput', { annotator: `ann 4 ${mark}`, count: 2 }, 'leases { id }');
  const { createApiKey } = await call('createApiKey', 'CreateApiKeyInput', { name: `key ${mark}`, annotator: `ann 1 ${mark}`, scopes: ['VOTES_WRITE', 'ASSIGNMENT'] }, 'secret');
  return { id: projectId, annotatorKey: createApiKey.secret, runId };
}

export async function ended({ data }: Caller, id: string): Promise<string> {
  for (;;) {
    const { run } = await data(`query ($id: ID!) { run(id: $id) { status } }`, { id });
    if (!['QUEUED', 'RUNNING'].includes(run.status)) return run.status;
    await sleep(50);
  }
}

export const numberOf = (id: string) => Number(Buffer.from(id, 'base64url').toString().split(':')[1]);
