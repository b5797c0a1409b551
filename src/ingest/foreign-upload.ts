import { FaultInFile, type ForeignFiles } from '../formats/foreign/read.js';
import { importOptions, importOptionSpecs } from '../formats/foreign/options.js';
import { openForeign, spooledFile } from '../formats/platforms/open.js';
import { FormatError } from '../formats/text/fault.js';
import { spool } from '../formats/text/spool.js';
import { AssayError, invalid } from '../platform/errors.js';
import { flagIn, oneIn } from '../platform/http/query.js';
import type { Project } from '../projects/project.entity.js';

/** What an upload of a file of another platform asks for. */
export interface ForeignUpload {
  from: string;
  dryRun: boolean;
  /** The file's name, which tells the annotator or the task on some platforms. */
  name: string;
  options: ReturnType<typeof importOptions>;
}

/** The upload that `?from=NAME` asks for, with the options of importing as further parameters; null without it. @throws INVALID_INPUT */
export function foreignUploadIn(query: unknown): ForeignUpload | null {
  const from = oneIn(query, 'from');
  if (from === null) return null;
  for (const name of ['format', 'map', 'wide']) if (oneIn(query, name) !== null) throw invalid(`${name} is for files without from, which knows the columns of a platform; leave it out`, name);
  const given = Object.fromEntries(importOptionSpecs.map(({ name }) => [name, oneIn(query, name)]));
  return { from, dryRun: flagIn(query, 'dryRun') ?? false, name: oneIn(query, 'file') ?? 'the file', options: asked(() => importOptions(given)) };
}

/** Takes the upload in whole, since it is read more than once, and uses it. @throws INVALID_INPUT naming place, value and remedy */
export async function withUpload<T>(bytes: AsyncIterable<Uint8Array>, { from, name, options }: ForeignUpload, project: Project, maxUnpackedBytes: number, use: (files: ForeignFiles) => Promise<T>): Promise<T> {
  const spooled = await spool(bytes);
  try {
    const file = spooledFile(spooled, name);
    const files = await openForeign(from, [file], options, project.classes, maxUnpackedBytes).catch((error: unknown) => { throw optionRefusal(error); });
    return await use(files);
  } catch (error) {
    throw fileRefusal(error);
  } finally {
    await spooled.close();
  }
}

function asked<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw optionRefusal(error);
  }
}

function optionRefusal(error: unknown): unknown {
  return error instanceof RangeError ? invalid(asParameters(error.message)) : error;
}

function fileRefusal(error: unknown): unknown {
  if (!(error instanceof FaultInFile)) return error;
  const { fault } = error;
  if (fault instanceof FormatError) return new AssayError('INVALID_INPUT', `${fault.line === null ? '' : `line ${fault.line}: `}${asParameters(fault.reason)}; nothing of it is stored`);
  return new AssayError('INVALID_INPUT', `${asParameters(fault.message)} (${fault.code}); nothing of it is stored`);
}

/** Readers name options as commands have them: `--item-id` is `?itemId=` here, and `--from auto` `?from=auto`. */
export function asParameters(message: string): string {
  return message.replace(/--([a-z]+(?:-[a-z]+)*)(?: ([A-Z]{2,}\b|(?<=--from )[a-z]+(?:-[a-z]+)*))?/g, (_, name: string, value = '') => `?${name.replace(/-(.)/g, (__, letter: string) => letter.toUpperCase())}=${value}`);
}
