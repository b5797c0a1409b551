import { invalid, notFound } from '../errors.js';

/**
 * Opaque ids of the API. A global id is base64url of `Type:projectOrOwnId[:idWithin]`, so that every id that belongs to a
 * project carries the project, and a look-up always begins with the access check.
 */
export function globalId(type: string, ...parts: (number | string)[]): string {
  return Buffer.from([type, ...parts].join(':')).toString('base64url');
}

/** Things within a project have its number before their own. */
const withinProject = new Set(['Item', 'Annotator', 'Vote', 'Run', 'GoldSample', 'Lease', 'Report']);

/** @throws NOT_FOUND for whatever is not an id of that type: a made-up id answers like an absent one. */
export function readGlobalId(type: string, id: string): number[] {
  const parsed = parseGlobalId(id);
  if (parsed?.type !== type) throw notFound(wordFor(type), id);
  return parsed.parts;
}

/** Only what `globalId` makes: a thing has one id, to the letter, so that callers may compare ids. */
export function parseGlobalId(id: string): { type: string; parts: number[] } | null {
  if (id.length > 200) throw invalid(`an id of ${id.length} characters is none of ours`);
  const match = /^([A-Z][A-Za-z]+)((?::(?:0|[1-9]\d{0,14}))+)$/.exec(Buffer.from(id, 'base64url').toString());
  if (!match) return null;
  const [type, parts] = [match[1]!, match[2]!.slice(1).split(':').map(Number)];
  return parts.length === (withinProject.has(type) ? 2 : 1) && globalId(type, ...parts) === id ? { type, parts } : null;
}

function wordFor(type: string): string {
  return type.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
}
