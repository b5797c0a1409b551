import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command, type Ended } from '../setup/command.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** All that the offline commands may load: no Nest, no database. */
const packages = ['commander', 'cli-table3', 'cli-progress', 'saxes'];

/** The compiled program beside the few packages it may load, and a folder of files to run it on. */
export class Program {
  private constructor(readonly folder: string) {}

  static async build(): Promise<Program> {
    const program = new Program(await mkdtemp(join(tmpdir(), 'assay-cli-')));
    // Of what is built before the tests, away from the node_modules of the project.
    await cp(join(root, 'dist/src'), join(program.folder, 'dist/src'), { recursive: true });
    await cp(join(root, 'package.json'), join(program.folder, 'package.json'));
    await mkdir(join(program.folder, 'node_modules'));
    for (const name of packages) await symlink(join(root, 'node_modules', name), join(program.folder, 'node_modules', name));
    return program;
  }

  /** @returns its path */
  async file(name: string, content: string | Uint8Array): Promise<string> {
    const path = join(this.folder, 'files', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    return path;
  }

  path(...parts: string[]): string {
    return join(this.folder, 'files', ...parts);
  }

  /** In the folder, and where it needs no input in this process. */
  run(words: string[], input: string | Uint8Array = ''): Promise<Ended> {
    return input.length > 0 || words.includes('-') ? this.runAlone(words, input) : command(words, { folder: this.path('..') });
  }

  /** As a program of its own, which may load no more than the packages above. */
  async runAlone(words: string[], input: string | Uint8Array = ''): Promise<Ended> {
    const child = this.start(words);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    // A program that refuses its input stops reading it.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
  }

  start(words: string[]) {
    return spawn(process.execPath, [join(this.folder, 'dist/src/cli.js'), ...words], { cwd: this.path('..'), stdio: 'pipe' });
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
