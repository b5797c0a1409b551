import type { CallOptions } from './assay.js';
import type { Project } from './project.js';
import type * as Schema from './schema.js';

export interface NextItemsOptions extends CallOptions {
  /** 1 where nothing is said. */
  count?: number;
  /** Another lease than the project's. */
  leaseSeconds?: number;
  /** Another policy than the project's. */
  policy?: string;
}

/** A lease, or its id. */
export type LeaseLike = string | Pick<Schema.Lease, 'id'>;

/** Sent once, unless nothing of it was done: asked twice, more would be leased. */
export async function nextItems(project: Project, annotator: string, { signal, ...choices }: NextItemsOptions): Promise<Schema.NextItemsPayload> {
  const document = `mutation ($input: NextItemsInput!) { nextItems(input: $input) {
    leases { id item payload leasedAt expiresAt strategy score kind votes } empty { reason message retryAfterSeconds } } }`;
  const input = { projectId: project.id, annotator, ...choices } satisfies Schema.NextItemsInput;
  return (await project.assay.query<{ nextItems: Schema.NextItemsPayload }>(document, { input }, { signal })).nextItems;
}

type LeaseMutation = 'heartbeat' | 'releaseItems' | 'skipItems';

export async function changeLeases(
  project: Project, mutation: LeaseMutation, annotator: string, leases: Iterable<LeaseLike>, { signal, leaseSeconds }: CallOptions & { leaseSeconds?: number },
): Promise<Schema.LeaseResult[]> {
  const ids = [...leases].map((lease) => (typeof lease === 'string' ? lease : lease.id));
  if (ids.length === 0) return [];
  const data = await project.assay.service.graphql({
    document: `mutation ($input: ${mutation === 'heartbeat' ? 'HeartbeatInput' : 'LeasesInput'}!) { ${mutation}(input: $input) { results { index status expiresAt code message } } }`,
    variables: JSON.stringify({ input: { projectId: project.id, annotator, leases: ids, leaseSeconds } }),
    // Said twice, a heartbeat does no harm; a SKIP may have been answered and the item given back since.
    mayRepeat: mutation === 'heartbeat', signal,
  });
  return (data as Record<LeaseMutation, Schema.LeasesPayload>)[mutation].results;
}
