import type { Service } from '../setup/service.js';
import { until } from '../setup/until.js';

const REQUEST = `mutation ($input: RequestAgreementInput!) { requestAgreement(input: $input) { replayed report { id status watermark } } }`;

export interface Asked {
  replayed: boolean;
  report: { id: string; status: string; watermark: string };
}

export async function requestAgreement(service: Service, input: object): Promise<Asked> {
  return (await service.data(REQUEST, { input })).requestAgreement;
}

/** The refusal of a request that must not succeed. */
export async function refusedAgreement(service: Service, input: object, key?: string): Promise<{ code: string; field?: string; message: string }> {
  const { errors } = await service.graphql(REQUEST, { input }, { key });
  const { message, extensions: { code, field } } = errors![0]!;
  return { code, ...(field != null && { field }), message };
}

/** Waits for the report's end. @returns the fields of it that are asked for, and its status and failure. */
// Answers are looked into by the tests that asked for them.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export async function ended(service: Service, id: string, fields = ''): Promise<any> {
  return until(async () => {
    const { report } = await service.data(`query ($id: ID!) { report(id: $id) { status failure attempt ... on AgreementReport { ${fields || 'metric'} } } }`, { id });
    return ['QUEUED', 'RUNNING'].includes(report.status) ? null : report;
  }, 'the end of a report');
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
export async function measured(service: Service, input: object, fields: string): Promise<any> {
  const { report } = await requestAgreement(service, input);
  return ended(service, report.id, fields);
}
