import { textFault } from '../platform/text.js';

/** Largest payload in bytes of JSON. */
const PAYLOAD_BYTES = 64 * 1024;
/** Values within values; the readers of files take as many. */
const DEEPEST = 64;

/** A payload as it is stored, or what keeps it from coming back as it came. */
export type PayloadText = { text: string | null } | { fault: string };

/** What cannot be kept is refused: a caller who compares what comes back would meet it too late. */
export function payloadText(payload: unknown): PayloadText {
  if (payload == null) return { text: null };
  const fault = valueFault(payload);
  if (fault) return { fault };
  const text = JSON.stringify(payload);
  const bytes = Buffer.byteLength(text);
  return bytes > PAYLOAD_BYTES ? { fault: `the payload has ${bytes} bytes of JSON, more than ${PAYLOAD_BYTES}` } : { text };
}

/** Level by level, not by recursion: the depth is the caller's. */
function valueFault(payload: unknown): string | null {
  let level: unknown[] = [payload];
  for (let depth = 1; level.length > 0; depth++) {
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value === 'number') {
        const fault = numberFault(value);
        if (fault) return fault;
      } else if (typeof value === 'string') {
        if (isUnstorable(value)) return 'the payload contains NUL or half of a surrogate pair, which cannot be stored';
      } else if (typeof value === 'object' && value !== null) {
        if (depth > DEEPEST) return `the payload is nested more than ${DEEPEST} deep; flatten it, or send it as a text`;
        if (Array.isArray(value)) for (const part of value) next.push(part);
        else for (const [name, part] of Object.entries(value)) next.push(name, part);
      }
    }
    level = next;
  }
  return null;
}

function isUnstorable(text: string): boolean {
  return text !== '' && textFault(text, Infinity) !== null;
}

/** Numbers are read as doubles, and a double does not tell what was written. */
function numberFault(value: number): string | null {
  if (!Number.isFinite(value)) return 'the payload has a number beyond 1.8e308; send it as a text';
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return `the payload has the whole number ${value} or one near it: beyond 2^53 they are not told apart; send it as a text`;
  return Object.is(value, -0) ? 'the payload has -0, which would come back as 0; send 0, or a text' : null;
}
