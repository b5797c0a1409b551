import { createReadStream } from 'node:fs';
import { FileRefused } from '../foreign/fates.js';
import { flagOf, type ImportOptions, importOptionSpecs } from '../foreign/options.js';
import type { Beginning, ForeignFile, Platform } from '../foreign/platform.js';
import { beginningOf, FaultInFile, ForeignFiles } from '../foreign/read.js';
import { FormatError } from '../text/fault.js';
import type { Spooled } from '../text/spool.js';
import { findPlatform, platforms } from './platforms.js';

/** What tells the platform by the file itself. */
export const AUTO = 'auto';

/**
 * Files of one platform, ready to be read.
 * @param from the platform's id, or `auto`
 * @param classes those of the project, in order; null where all that come will do
 * @throws RangeError for a platform or an option that is not there
 * @throws FaultInFile for a file of another platform, and one that `auto` cannot tell
 */
export async function openForeign(from: string, files: readonly ForeignFile[], options: ImportOptions, classes: readonly string[] | null, maxUnpackedBytes?: number): Promise<ForeignFiles> {
  const named = from === AUTO ? null : findPlatform(from);
  if (named) requireOptions(named, options);
  const platform = await inFile(files[0]!, async () => named ?? recognised(await beginning(files[0]!)));
  if (!named) requireOptions(platform, options);
  for (const file of files) await inFile(file, async () => requireOwn(platform, await beginning(file)));
  return new ForeignFiles(platform, files, options, options.classes ?? classes, maxUnpackedBytes);
}

/** A file that was taken in whole. @param name as its sender calls it */
export function spooledFile({ descriptor }: Spooled, name: string): ForeignFile {
  return { name: name.replace(/^.*[/\\]/, ''), path: name, open: () => createReadStream('', { fd: descriptor, start: 0, autoClose: false, highWaterMark: 1 << 18 }) };
}

const allLists = [...new Set(platforms.flatMap(({ lists = [] }) => lists))];

function beginning(file: ForeignFile): Promise<Beginning | null> {
  return beginningOf(file, allLists);
}

/** @throws FileRefused where not one platform alone has such files */
function recognised(beginning: Beginning | null): Platform {
  const found = beginning ? owners(beginning) : [];
  if (found.length === 1) return found[0]!;
  const silent = platforms.filter((platform) => !platform.recognises).map(({ id }) => id).join(', ');
  if (found.length > 1) {
    throw new FileRefused('OTHER_PLATFORM', `the file could be one of ${found.map(({ title }) => title).join(' or of ')}; tell by --from ${found.map(({ id }) => id).join(' or --from ')}`, found.map(({ id }) => id));
  }
  throw new FileRefused('OTHER_PLATFORM', `nothing in the file tells whose it is; name the platform by --from, one of ${platforms.map(({ id }) => id).join(', ')}. Tables such as ${silent} look like any other; a table of item, annotator and class is read without --from`);
}

function owners(beginning: Beginning): Platform[] {
  return platforms.filter((platform) => platform.recognises?.(beginning));
}

/** @throws FileRefused for a file that is another platform's, and not this one's */
function requireOwn(platform: Platform, beginning: Beginning | null): void {
  if (!beginning || !platform.recognises || platform.recognises(beginning)) return;
  const others = owners(beginning);
  if (others.length === 0) return;
  throw new FileRefused('OTHER_PLATFORM', `the file is none of ${platform.title}, it looks like one of ${others.map(({ title }) => title).join(' or ')}: --from ${others.map(({ id }) => id).join(' or --from ')}`, others.map(({ id }) => id));
}

/** @throws RangeError for an option that the platform does not heed, and one that it needs */
function requireOptions({ id, heeds, needs = [] }: Platform, options: ImportOptions): void {
  const heeded = importOptionSpecs.filter(({ name, common }) => common || heeds.includes(name)).map(({ name }) => name);
  const idle = importOptionSpecs.find(({ name }) => options[name] !== undefined && !heeded.includes(name));
  if (idle) throw new RangeError(`${flagOf(idle.name)} means nothing in files of ${id}; what does: ${heeded.map(flagOf).join(', ')}`);
  const missing = needs.find((name) => options[name] === undefined);
  if (missing) throw new RangeError(`files of ${id} need ${flagOf(missing)}: ${importOptionSpecs.find(({ name }) => name === missing)!.doc}`);
}

async function inFile<T>(file: ForeignFile, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (fault) {
    throw fault instanceof FileRefused || fault instanceof FormatError ? new FaultInFile(file.path, fault) : fault;
  }
}
