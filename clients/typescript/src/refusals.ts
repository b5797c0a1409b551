import { AssayError, type ErrorCode, type ErrorFacts } from './errors.js';
import type { Json } from './schema.js';
import type { Answer } from './answer.js';

const codesOfStatus: Record<number, ErrorCode> = {
  401: 'UNAUTHENTICATED', 403: 'FORBIDDEN', 404: 'NOT_FOUND', 409: 'CONFLICT', 413: 'LIMIT_EXCEEDED', 429: 'LIMIT_EXCEEDED', 502: 'UNAVAILABLE', 503: 'UNAVAILABLE', 504: 'UNAVAILABLE',
};

/** The object that a text is as JSON; an empty one where it is none. */
export function objectOf(text: string): Record<string, Json> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

/** What the service says, in the form of either door; what stands between, such as a proxy, is told by its status. */
export function refusalOf(answer: Answer, text: string): AssayError {
  const parsed = objectOf(text);
  const status = answer.status;
  const retryAfter = secondsOf(answer.header('retry-after'));
  const told = factsIn((parsed.errors as Json[] | undefined)?.[0] ?? parsed.error);
  if (told) {
    const details = Object.fromEntries(Object.entries(parsed).filter(([name]) => !['error', 'errors', 'data'].includes(name)));
    return new AssayError(told.message, { ...told.facts, status, retryAfter: retryAfter ?? told.facts.retryAfter, details: Object.keys(details).length > 0 ? details : undefined });
  }
  // A browser hides where a redirect leads to, and that it is one: its status is 0.
  if (status === 0 || (status >= 300 && status < 400)) {
    return new AssayError('the address sends on to another; redirects are not followed, give that address itself', { code: 'INVALID_INPUT', status });
  }
  const code = codesOfStatus[status] ?? (status >= 500 || status < 300 ? 'INTERNAL' : 'INVALID_INPUT');
  return new AssayError(`the answer has status ${status} and is none of Assay's (${code})`, { code, status, retryAfter });
}

/** An error of GraphQL, whose facts stand in its extensions, or one of a route, where they stand beside the message. */
export function factsIn(error: Json): { message: string; facts: ErrorFacts } | null {
  if (typeof error?.message !== 'string') return null;
  const { code = 'INTERNAL', field, requestId, retryAfterSeconds } = (error.extensions ?? error) as Record<string, Json>;
  const line = typeof error.line === 'number' ? error.line : undefined;
  const message = `${line === undefined ? '' : `line ${line}: `}${error.message} (${code}${requestId ? `, request ${requestId}` : ''})`;
  return { message, facts: { code, field, requestId, line, path: error.path, retryAfter: typeof retryAfterSeconds === 'number' ? retryAfterSeconds : undefined } };
}

/** Retry-After: seconds, or a date. */
function secondsOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d{1,9}(\.\d+)?\s*$/.test(header)) return Number(header);
  const until = Date.parse(header);
  return Number.isNaN(until) ? undefined : Math.max(0, (until - Date.now()) / 1000);
}
