import type { Run } from './run.js';
import type { RowsResult } from './rows-result.js';
import type { Json } from './schema.js';

/** Those of the service (docs/api.md), and behind them the client's own. */
export type ErrorCode =
  | 'INVALID_INPUT' | 'UNAUTHENTICATED' | 'FORBIDDEN' | 'NOT_FOUND' | 'CONFLICT' | 'LIMIT_EXCEEDED' | 'UNAVAILABLE' | 'INTERNAL'
  | 'ROWS_REJECTED' | 'RUN_FAILED' | 'TIMEOUT';

export interface ErrorFacts {
  code: ErrorCode;
  /** Of HTTP, where there was an answer. */
  status?: number;
  /** Of GraphQL: the field of the answer that failed. */
  path?: (string | number)[];
  /** What of the input is meant, such as `input.name`. */
  field?: string;
  /** Of the log of the service. */
  requestId?: string;
  /** Of an upload that broke off: the line of the file. */
  line?: number;
  /** Of an upload that broke off: the rest of the answer, which counts what was stored before. */
  details?: Record<string, Json>;
  /** Seconds after which the service asks to come again. */
  retryAfter?: number;
  /** How often it was tried. */
  attempts?: number;
  /** What was sent may be sent again under it. */
  idempotencyKey?: string;
  /** Of rows: what became of them; where a later call failed, of those before. */
  result?: RowsResult<unknown>;
  /** Of RUN_FAILED and TIMEOUT. */
  run?: Run;
}

/**
 * All that the client throws about the service. No text of it has the key. `code` tells what it is: UNAVAILABLE where there was no answer, or "later", as often as was tried;
 * ROWS_REJECTED where rows were rejected and all others stored; RUN_FAILED and TIMEOUT of a run that was waited for; all else is a refusal of the service.
 * A call that is aborted throws the reason of its signal instead, and a call that could never be sent a TypeError.
 */
export class AssayError extends Error implements ErrorFacts {
  override readonly name = 'AssayError';
  readonly code: ErrorCode;
  readonly status?: number;
  readonly path?: (string | number)[];
  readonly field?: string;
  readonly requestId?: string;
  readonly line?: number;
  readonly details?: Record<string, Json>;
  readonly retryAfter?: number;
  readonly attempts?: number;
  idempotencyKey?: string;
  result?: RowsResult<unknown>;
  readonly run?: Run;

  constructor(message: string, facts: ErrorFacts) {
    super(message);
    this.code = facts.code;
    // Only what there is: an error that is printed shows no long list of undefined.
    for (const [name, value] of Object.entries(facts)) if (value !== undefined) Object.defineProperty(this, name, { value, enumerable: true, writable: true, configurable: true });
  }
}
