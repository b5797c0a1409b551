/** Every refusal the API knows, with the HTTP status a REST route answers. */
export const errorStatus = {
  INVALID_INPUT: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  LIMIT_EXCEEDED: 413,
  UNAVAILABLE: 503,
} as const;

export type ErrorCode = keyof typeof errorStatus;

export interface ErrorDetails {
  /** The input field at fault, dotted: `input.rules.maxVotes`. */
  field?: string;
  /** Where a retry helps: after how many seconds. */
  retryAfterSeconds?: number;
  /** Overrides the code's usual HTTP status, e.g. 405 or 415. */
  status?: number;
}

/** A refusal whose message is meant for the caller: it names the value and the remedy. */
export class AssayError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: ErrorDetails = {},
  ) {
    super(message);
    this.name = 'AssayError';
  }

  get status(): number {
    return this.details.status ?? errorStatus[this.code];
  }
}

export const invalid = (message: string, field?: string) => new AssayError('INVALID_INPUT', message, { field });
export const notFound = (what: string, id: string) => {
  // As it was sent, but for what is too long to be one.
  const shown = JSON.stringify(id);
  return new AssayError('NOT_FOUND', `there is no ${what} ${shown.length > 300 ? `${shown.slice(0, 297)}...` : shown} here`);
};
export const conflict = (message: string, retryAfterSeconds?: number) =>
  new AssayError('CONFLICT', message, { retryAfterSeconds });
export const limitExceeded = (message: string, field?: string) => new AssayError('LIMIT_EXCEEDED', message, { field });

/** The library's refusals are meant for callers. */
export function refusing<T>(field: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) throw new AssayError('INVALID_INPUT', error.message, { field });
    throw error;
  }
}
