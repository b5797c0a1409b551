import { Attempts, type OneCall, type Patience } from './attempts.js';
import { type Answer, Broken } from './answer.js';
import { objectOf, refusalOf } from './refusals.js';
import type { Json } from './schema.js';
import type { Asked, Wire } from './wire.js';
import type { WebSocketLike } from './subscription.js';

export interface GraphqlCall extends OneCall {
  document: string;
  /** As JSON: of calls with thousands of rows each is written once. */
  variables: string;
}

export interface RouteCall extends OneCall, Pick<Asked, 'method' | 'target' | 'body' | 'answerTimeoutMs'> {
  headers?: Record<string, string>;
  /** The body, anew for each attempt. */
  reopen?: () => Asked['body'];
}

/** What all parts of the client call the service by. */
export class Service {
  constructor(readonly wire: Wire, readonly patience: Patience, readonly timeoutMs: number, readonly webSocket: (new (url: string, protocol: string) => WebSocketLike) | undefined) {}

  /** @returns the data. @throws AssayError */
  async graphql({ document, variables, ...call }: GraphqlCall): Promise<Json> {
    const body = `{"query":${JSON.stringify(document)},"variables":${variables}}`;
    const headers = { 'content-type': 'application/json', accept: 'application/graphql-response+json, application/json', ...keyed(call.key) };
    const told = await this.untilAnswered(call, () => this.wire.ask({ method: 'POST', target: '/graphql', headers, body, signal: call.signal }),
      (answer, parsed) => answer.status === 200 && parsed.errors === undefined && typeof parsed.data === 'object' && parsed.data !== null);
    return told.data;
  }

  /** @returns the answer of a route that answers an object. @throws AssayError */
  async route({ method, target, headers, body, reopen, answerTimeoutMs, ...call }: RouteCall): Promise<Record<string, Json>> {
    return this.untilAnswered(call, () => this.wire.ask({
      method, target, headers: { ...headers, ...keyed(call.key) }, body: reopen ? reopen() : body, signal: call.signal, answerTimeoutMs,
    }), (answer, parsed) => answer.status === 200 && Object.keys(parsed).length > 0);
  }

  private async untilAnswered(call: OneCall, ask: () => Promise<Answer>, isGood: (answer: Answer, parsed: Record<string, Json>) => boolean): Promise<Record<string, Json>> {
    const attempts = new Attempts(this.patience, call);
    for (;;) {
      try {
        const answer = await ask();
        const text = await answer.text();
        const parsed = objectOf(text);
        if (isGood(answer, parsed)) return parsed;
        await attempts.refused(refusalOf(answer, text));
      } catch (error) {
        if (!(error instanceof Broken)) throw error;
        await attempts.broken(error);
      }
    }
  }
}

function keyed(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { 'idempotency-key': key };
}

/** Unlike crypto.randomUUID, also where a page was not loaded by https. */
export function newKey(): string {
  return `ts-${[...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** `?a=1&b=true` of those that are there. */
export function parameters(given: Record<string, string | number | boolean | null | undefined>): string {
  const texts = Object.entries(given).filter(([, value]) => value != null).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return texts.length > 0 ? `?${texts.join('&')}` : '';
}
