import { type ErrorCode, errorStatus } from '../errors.js';
import { type Answer, count, json, type Members, object, oneOf, type Schema, text } from '../openapi.js';
import type { PublicError } from './public-error.js';

/** A refusal as routes tell it: `PublicError` without its status, which is the answer's. */
export const refusalMembers: Members<Omit<PublicError, 'status'> & { requestId: string }> = {
  code: oneOf([...Object.keys(errorStatus), 'INTERNAL'], 'What is wrong, for programs.'),
  message: text('What is wrong, for people: with the value and the remedy.'),
  field: text('The parameter at fault.'),
  retryAfterSeconds: count('Where a later try may do: after how many seconds.'),
  requestId: text('The number under which the log has it, also in x-request-id.'),
};

const refused = object<{ error: object }>('Refusal', { error: object(null, refusalMembers, ['field', 'retryAfterSeconds']) });

/** @param status where it is not the code's own */
export function refusal(code: ErrorCode | 'INTERNAL', when: string, schema: Schema = refused): Answer {
  return json(`${code}: ${when}`, schema);
}

/** The answers of refusals by the statuses of their codes. */
export function refusals(given: Partial<Record<ErrorCode, string>>, schema?: Schema): Record<string, Answer> {
  return Object.fromEntries(Object.entries(given).map(([code, when]) => [errorStatus[code as ErrorCode], refusal(code as ErrorCode, when, schema)]));
}
