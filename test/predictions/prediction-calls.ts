import type { Service } from '../setup/service.js';

export interface Row {
  item: string;
  probabilities: number[];
}

const SUBMIT = `mutation ($input: SubmitPredictionsInput!) { submitPredictions(input: $input) { replayed results { index status code message } } }`;

/** The results of a call that must succeed. */
export async function submitPredictions(service: Service, projectId: string, rows: Row[], given: object = {}) {
  return (await service.data(SUBMIT, { input: { projectId, model: 'm', version: 'v1', rows, ...given } })).submitPredictions;
}

/** The refusal of a call that must fail. */
export async function refusal(service: Service, projectId: string, rows: Row[], given: object = {}) {
  const { errors } = await service.graphql(SUBMIT, { input: { projectId, model: 'm', version: 'v1', rows, ...given } });
  return { code: errors![0]!.extensions.code, message: errors![0]!.message };
}

const LIST = `query ($id: ID!) { project(id: $id) { predictionModels { model active pinned
  versions { version rows outOfSample trainingWatermark votesSince stale complete current } } } }`;

export async function models(service: Service, projectId: string) {
  return (await service.data(LIST, { id: projectId })).project.predictionModels;
}

const PREDICTIONS = `query ($id: ID!, $item: String!) { project(id: $id) { item(externalId: $item) { predictions { model version probabilities } } } }`;

export async function predictionsOf(service: Service, projectId: string, item: string) {
  return (await service.data(PREDICTIONS, { id: projectId, item })).project.item?.predictions ?? null;
}

export async function upload(service: Service, projectId: string, body: string | Buffer, query = 'model=m&version=v1', headers: Record<string, string> = {}) {
  const { status, body: answer } = await service.http().post(`/projects/${projectId}/predictions?${query}`)
    .set({ 'content-type': 'text/csv', authorization: `Bearer ${service.key}`, ...headers }).send(body);
  return { status, ...answer };
}

/** K probabilities of the nth row that sum to 1 and differ between rows. */
export function probabilitiesOf(n: number, K: number): number[] {
  const weights = Array.from({ length: K }, (_, k) => 1 + ((n * 31 + k * 17) % 97));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}
