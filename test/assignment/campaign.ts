import { setTimeout as sleep } from 'node:timers/promises';
import type { Service } from '../setup/service.js';
import { until } from '../setup/until.js';

export interface GivenLease {
  id: string;
  item: string;
  expiresAt: string;
  strategy: string;
  score: number | null;
  kind: 'NEW' | 'RELABEL';
  votes: number;
  payload: unknown;
}

export interface Given {
  leases: GivenLease[];
  empty: { reason: string; message: string; retryAfterSeconds: number | null } | null;
}

export const NEXT = `mutation ($input: NextItemsInput!) { nextItems(input: $input) { leases { id item expiresAt strategy score kind votes payload } empty { reason message retryAfterSeconds } } }`;

/** What the tests of assignment ask of a service, in few words. */
export class Campaign {
  private constructor(
    readonly service: Service,
    readonly id: string,
  ) {}

  static async start(service: Service, items: number, rules: object = {}, classes = ['a', 'b', 'c']): Promise<Campaign> {
    const campaign = new Campaign(service, await service.newProject({ classes, rules: { explorationShare: 0, ...rules } }));
    if (items > 0) await campaign.add(Array.from({ length: items }, (_, i) => `item ${i}`));
    else await campaign.settled();
    return campaign;
  }

  async add(items: string[]): Promise<void> {
    for (let at = 0; at < items.length; at += 10_000) {
      await this.service.data(`mutation ($input: ItemsInput!) { addItems(input: $input) { results { status } } }`, {
        input: { projectId: this.id, items: items.slice(at, at + 10_000).map((externalId) => ({ externalId, payload: { page: externalId } })) },
      });
    }
    await this.settled();
  }

  async next(annotator: string, more: object = {}): Promise<Given> {
    return (await this.again(NEXT, { projectId: this.id, annotator, ...more })).nextItems;
  }

  async vote(...votes: [item: string, annotator: string, answer: string][]): Promise<void> {
    await this.again(`mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { replayed } }`, {
      projectId: this.id, votes: votes.map(([item, annotator, answer]) => ({ item, annotator, class: answer })),
    });
  }

  /** As a platform calls: the first call of a policy waits some seconds for its order, and then asks to be called again, as a busy machine may do. */
  private async again(query: string, input: object): Promise<any> { // eslint-disable-line @typescript-eslint/no-explicit-any
    for (;;) {
      const { data, errors } = await this.service.graphql(query, { input });
      if (!errors) return data;
      if (errors[0]!.extensions.code !== 'UNAVAILABLE') throw new Error(JSON.stringify(errors));
      await sleep(1000);
    }
  }

  async rules(rules: object): Promise<void> {
    await this.service.data(`mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { project { id } } }`, { input: { id: this.id, rules } });
    await this.settled();
  }

  async run(method = 'dawid-skene'): Promise<string> {
    const { startRun } = await this.service.data(`mutation ($input: StartRunInput!) { startRun(input: $input) { run { id } } }`, { input: { projectId: this.id, method } });
    const { id } = startRun.run;
    await until(async () => ['SUCCEEDED', 'FAILED'].includes((await this.service.data(`query ($id: ID!) { run(id: $id) { status } }`, { id })).run.status), 'the end of a run');
    await this.settled();
    return id;
  }

  /** Everything that changed has been seen: no item waits, and every queue is of the present run and rules. */
  async settled(): Promise<void> {
    await until(async () => {
      const [row] = await this.service.source.query<{ busy: boolean }[]>(
        `select exists (select 1 from touched_items where project_id = $1)
           or exists (select 1 from projects project left join project_queues queue on queue.project_id = project.id
                      where project.id = $1 and (project.current_run_id is distinct from project.live_run_id or queue.scored_at is null
                        or queue.run_id is distinct from project.current_run_id or queue.scoring_version is distinct from project.scoring_version)) as busy`,
        [this.number],
      );
      return !row!.busy;
    }, 'the queue to settle');
    // The head of a queue is believed for a tenth of a second.
    await sleep(110);
  }

  get number(): number {
    return Number(Buffer.from(this.id, 'base64url').toString().split(':')[1]);
  }

  /** As if so much time had gone by for the leases of the project. */
  async age(seconds: number): Promise<void> {
    await this.service.source.query(`update leases set expires_at = expires_at - $2 * interval '1 second' where project_id = $1 and ended_at is null`, [this.number, seconds]);
  }

  async project(fields: string, variables = ''): Promise<Record<string, any>> { // eslint-disable-line @typescript-eslint/no-explicit-any
    return (await this.service.data(`query ($id: ID!${variables}) { project(id: $id) { ${fields} } }`, { id: this.id })).project;
  }

  async states(): Promise<Record<string, string>> {
    const { items } = await this.project('items(first: 1000) { nodes { externalId state } }');
    return Object.fromEntries(items.nodes.map((item: { externalId: string; state: string }) => [item.externalId, item.state]));
  }

  async leases(kind: 'heartbeat' | 'releaseItems' | 'skipItems', annotator: string, leases: string[], more: object = {}) {
    const type = kind === 'heartbeat' ? 'HeartbeatInput' : 'LeasesInput';
    const data = await this.again(`mutation ($input: ${type}!) { ${kind}(input: $input) { results { index status expiresAt code message } } }`, { projectId: this.id, annotator, leases, ...more });
    return data[kind].results;
  }
}
