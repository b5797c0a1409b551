import { readFileSync } from 'node:fs';
import { format } from 'node:util';
import { vi } from 'vitest';
import { runCommand } from '../../src/commands.js';

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

export interface Surroundings {
  /** Added to those of this process. */
  environment?: Record<string, string>;
  folder?: string;
}

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
let last: Promise<unknown> = Promise.resolve();

/**
 * A command of the program, in this process, which has its modules read already: a program of its own takes seconds for that.
 * Nothing is fed to its standard input. One at a time, as they share the process's streams, folder and environment.
 */
export function command(words: string[], surroundings: Surroundings = {}): Promise<Ended> {
  const ended = last.then(() => run(words, surroundings));
  last = ended.catch(() => undefined);
  return ended;
}

async function run(words: string[], { environment = {}, folder }: Surroundings): Promise<Ended> {
  let out = '';
  let err = '';
  const stream = (take: (text: string) => void) => ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    take(Buffer.from(chunk as string).toString());
    (rest.findLast((one) => typeof one === 'function') as (() => void) | undefined)?.();
    return true;
  }) as typeof process.stdout.write;
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(stream((text) => { out += text; })),
    vi.spyOn(process.stderr, 'write').mockImplementation(stream((text) => { err += text; })),
    vi.spyOn(console, 'log').mockImplementation((...told: unknown[]) => { out += `${format(...told)}\n`; }),
    vi.spyOn(console, 'error').mockImplementation((...told: unknown[]) => { err += `${format(...told)}\n`; }),
  ];
  const before = process.cwd();
  const exitCode = process.exitCode;
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  try {
    if (folder) process.chdir(folder);
    return { code: await runCommand(words, version), out, err };
  } finally {
    process.chdir(before);
    process.exitCode = exitCode;
    vi.unstubAllEnvs();
    for (const spy of spies) spy.mockRestore();
  }
}
