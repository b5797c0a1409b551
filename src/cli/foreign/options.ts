import { readFile, stat } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { passingReasons, type FateOf } from '../../formats/foreign/fates.js';
import type { Survey } from '../../formats/foreign/in-order.js';
import { flagOf, importOptions, importOptionSpecs, type ImportOptions, type ImportOptionSpec } from '../../formats/foreign/options.js';
import type { ForeignFile } from '../../formats/foreign/platform.js';
import { FaultInFile } from '../../formats/foreign/read.js';
import { readText } from '../../formats/formats.js';
import { AUTO, spooledFile } from '../../formats/platforms/open.js';
import { platforms } from '../../formats/platforms/platforms.js';
import { FormatError } from '../../formats/text/fault.js';
import { type Spooled, spool } from '../../formats/text/spool.js';
import { id } from '../../formats/rows/table.js';
import { checking, Refusal, refusing } from '../refusal.js';

/** What the flags of `fromOptions` bring, beside those that a command has itself. */
export type ForeignFlags = { from?: string } & Partial<Record<keyof ImportOptions, unknown>>;

export const fromHelp = `
With --from NAME the files are those of another platform: ${platforms.map((platform) => platform.id).join(', ')}, or ${AUTO} where the
file tells. What each needs to be told stands in docs/importing.md.`;

/** The options of importing, a line each, for the command that loads them all. */
export const optionsHelp = `

Options of --from:
${importOptionSpecs.map(({ name, kind, takes, doc }) => `  ${flagOf(name)}${kind === 'flag' ? '' : ` <${typeof kind === 'object' ? kind.join('|') : takes ?? 'value'}>`}: ${doc}`).join('\n')}
`;

/** `--from` and the options of importing, but those that the command has by the same name. */
export function fromOptions(command: Command, taken: readonly (keyof ImportOptions)[] = []): Command {
  command.addOption(new Option('--from <platform>', `the files are another platform's: ${AUTO} where the file tells, or its name`));
  for (const spec of importOptionSpecs) if (!taken.includes(spec.name)) command.addOption(optionOf(spec));
  return command;
}

function optionOf({ name, kind, takes, doc }: ImportOptionSpec): Option {
  const flag = flagOf(name);
  // `--no-x` is the absence of x to the library that reads words: the flag is told by hand.
  if (kind === 'flag') return new Option(name === 'noHeader' ? '--no-header' : flag, `with --from: ${doc}`).hideHelp();
  const option = new Option(`${flag} <${takes ?? 'choice'}>`, `with --from: ${doc}`).hideHelp();
  return typeof kind === 'object' ? option.choices(kind) : option;
}

/** @throws Refusal for an option that says nothing, or that goes with `--from` alone */
export async function optionsFrom(flags: ForeignFlags & { header?: boolean }, known: Partial<ImportOptions> = {}): Promise<ImportOptions> {
  const given: Record<string, unknown> = { ...known };
  for (const { name, kind } of importOptionSpecs) {
    const value = name === 'noHeader' ? (flags.header === false ? true : undefined) : flags[name];
    if (value === undefined || given[name] !== undefined) continue;
    given[name] = kind === 'json' ? await textOf(value as string) : kind === 'map' && name !== 'pair' ? await namesIn(value as string) : value;
  }
  return checking(() => importOptions(given), '', true);
}

/** @throws Refusal where options of `--from` come without it */
export function requireFrom(flags: ForeignFlags & { header?: boolean }, taken: readonly (keyof ImportOptions)[] = []): void {
  const idle = importOptionSpecs.find(({ name }) => !taken.includes(name) && (name === 'noHeader' ? flags.header === false : flags[name] !== undefined));
  if (idle) throw new Refusal(`${flagOf(idle.name)} goes with --from, which tells whose file it is`, true);
}

async function textOf(path: string): Promise<string> {
  return refusing(path, () => readFile(path, 'utf8'));
}

const namesTable = { row: 'line', columns: { id: { required: true as const, aliases: ['class', 'annotator', 'from'], read: id }, name: { aliases: ['to'], read: id } } };

/** Other names: a CSV file with the columns id and name (or class and to). A line without a name changes nothing. */
async function namesIn(path: string): Promise<Map<string, string>> {
  return refusing(path, async () => {
    const names = new Map<string, string>();
    for await (const { rows, rejects } of readText(createReadStream(path), namesTable)) {
      if (rejects[0]) throw new FormatError(rejects[0].message, rejects[0].line);
      for (const row of rows) {
        if (names.has(row.id)) throw new FormatError(`${JSON.stringify(row.id)} comes twice; keep one`, row.line);
        if (row.name !== null) names.set(row.id, row.name);
      }
    }
    return names;
  });
}

/** Files to be read as often as is asked for; standard input is taken in whole. @param onBytes told of what is read */
export async function withFiles<T>(paths: readonly string[], onBytes: (count: number) => void, use: (files: ForeignFile[], bytes: number) => Promise<T>): Promise<T> {
  let spooled: Spooled | null = null;
  try {
    let bytes = 0;
    const files: ForeignFile[] = [];
    for (const path of paths) {
      if (path === '-') {
        spooled ??= await spool(process.stdin);
        bytes += spooled.length;
        files.push(counted({ ...spooledFile(spooled, 'standard input') }, onBytes));
        continue;
      }
      bytes += await refusing(path, async () => {
        const found = await stat(path);
        if (found.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
        return found.size;
      });
      files.push(counted({ name: basename(path), path, open: () => createReadStream(path, { highWaterMark: 1 << 18 }) }, onBytes));
    }
    return await use(files, bytes);
  } catch (error) {
    throw refusalOf(error);
  } finally {
    await spooled?.close();
  }
}

/** @returns what is wrong with a file as a refusal */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof FaultInFile)) return error;
  const { file, fault } = error;
  if (fault instanceof FormatError) return new Refusal(`${file}${fault.line === null ? '' : `, line ${fault.line}`}: ${fault.reason}`);
  return new Refusal(`${file}: ${fault.message} (${fault.code})`, true);
}

function counted(file: ForeignFile, onBytes: (count: number) => void): ForeignFile {
  return {
    ...file,
    async *open() {
      for await (const chunk of file.open()) {
        onBytes(chunk.length);
        yield chunk;
      }
    },
  };
}

/** What became of the records that brought nothing, in lines. @param refused the first of those that were refused */
export function linesOf({ passed, refused: counts }: Survey, refused: readonly FateOf<'refused'>[], notes: ReadonlyMap<string, number>): string[] {
  const records = (count: number) => `${count} ${count === 1 ? 'record' : 'records'}`;
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return [
    ...Object.entries(passed).map(([reason, count]) => `${records(count)} passed over, ${reason}: ${passingReasons[reason as keyof typeof passingReasons]}`),
    ...Object.entries(counts).map(([code, count]) => `${records(count)} refused, ${code}`),
    ...refused.map(({ file, at, code, message }) => `${file}, ${placeOf(at)}: ${message} (${code})`),
    ...(all > refused.length ? [`and ${all - refused.length} more that were refused`] : []),
    ...[...notes].map(([note, count]) => (count > 1 ? `${note} (${count} times)` : note)),
  ];
}

/** A place as it reads in a sentence. */
export function placeOf(at: string): string {
  return /^\d/.test(at) ? `line ${at}` : at === '' ? 'the record' : at;
}
