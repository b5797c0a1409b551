import { isOutage, sqlState } from './outage.js';

/** What the log keeps of an error. */
export interface LoggedError {
  type: string;
  message: string;
  code?: string;
  /** The places in the code, without the message that Node puts before them. */
  stack?: string;
}

const MESSAGE_CHARACTERS = 300;

/**
 * Type, message, code and stack, and nothing else: TypeORM hangs a statement's parameters on its errors, PostgreSQL a row's values
 * (`detail`, `where`). Messages quote values, too. What stands in quotes is left out, and of a statement that the database refused
 * only the SQLSTATE, the place in the server's source and the names of our own tables and constraints are kept.
 */
export function describeError(error: unknown): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: 'something was thrown that is no error' };
  const code = codeOf(error);
  return {
    type: error.name, message: wordsOf(error, code), ...(code != null && { code }), ...(error.stack && { stack: framesOf(error) }),
  };
}

function codeOf(error: Error): string | undefined {
  const code = sqlState(error);
  return code != null && /^[\w.-]{1,60}$/.test(code) ? code : undefined;
}

function wordsOf(error: Error, code: string | undefined): string {
  const { routine, table, constraint, column } = { ...error, ...(error as { driverError?: object }).driverError } as Partial<Record<string, unknown>>;
  // Five characters with a digit among them; of outages, the server's words are about itself.
  if (code != null && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) && !isOutage(error)) {
    const places = Object.entries({ in: routine, table, column, constraint }).filter(([, name]) => typeof name === 'string' && /^\w{1,63}$/.test(name));
    return ['the database refused a statement', ...places.map(([what, name]) => `${what} ${String(name)}`)].join(', ');
  }
  return withoutQuotes(error.message).slice(0, MESSAGE_CHARACTERS);
}

/** From the first quotation mark to the last: what is quoted may have marks of its own. An apostrophe within a word is none. */
export function withoutQuotes(text: string): string {
  return text.replace(/["\u00ab\u00bb\u201c-\u201f][^]*["\u00ab\u00bb\u201c-\u201f]/, '"..."').replace(/(?<!\w)['\u2018`][^]*['\u2019`](?!\w)/, "'...'");
}

/** Lines of `at file:line`; the message before them may have such lines, too, and is taken off first. */
function framesOf({ stack, message }: Error): string {
  const begin = message === '' ? 0 : stack!.indexOf(message);
  const rest = begin < 0 ? stack! : stack!.slice(begin + message.length);
  return rest.split('\n').filter((line) => /^ {4}at /.test(line)).map((line) => line.trim()).join('\n');
}
