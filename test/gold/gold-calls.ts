import type { Service } from '../setup/service.js';

export interface GoldAnswers {
  // Answers are looked into by the tests that asked for them.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  results: any[];
  replayed: boolean;
}

export async function setGold(service: Service, projectId: string, rows: { item: string; class: string; reason?: string | null }[], idempotencyKey?: string): Promise<GoldAnswers> {
  const { setGold: answer } = await service.data(
    `mutation ($input: SetGoldInput!) { setGold(input: $input) { results { index status code message } replayed } }`, { input: { projectId, rows, idempotencyKey } },
  );
  return answer;
}

export async function removeGold(service: Service, projectId: string, rows: string[], idempotencyKey?: string): Promise<GoldAnswers> {
  const { removeGold: answer } = await service.data(
    `mutation ($input: RemoveGoldInput!) { removeGold(input: $input) { results { index status code message } replayed } }`, { input: { projectId, rows, idempotencyKey } },
  );
  return answer;
}

export const statuses = (answer: GoldAnswers): string[] => answer.results.map((result) => result.status);

/** The standing answers by item, up to 1,000. */
export async function gold(service: Service, id: string): Promise<Record<string, string>> {
  const { project } = await service.data(`query ($id: ID!) { project(id: $id) { gold(first: 1000) { nodes { class item { externalId } } } } }`, { id });
  return Object.fromEntries(project.gold.nodes.map((node: { class: string; item: { externalId: string } }) => [node.item.externalId, node.class]));
}

/** Votes of [item, annotator, class], which must all be taken. */
export async function vote(service: Service, projectId: string, votes: readonly (readonly [item: string, annotator: string, className: string])[]): Promise<void> {
  for (let from = 0; from < votes.length; from += 10_000) {
    const { submitVotes } = await service.data(
      `mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { rejected } } }`,
      { input: { projectId, votes: votes.slice(from, from + 10_000).map(([item, annotator, className]) => ({ item, annotator, class: className })) } },
    );
    if (submitVotes.counts.rejected > 0) throw new Error(`${submitVotes.counts.rejected} votes were rejected`);
  }
}
