import { FormatError } from '../formats/text/fault.js';

/** What the caller can mend: told in one line, without a stack. */
export class Refusal extends Error {
  constructor(
    message: string,
    /** The call is wrong, not the input: exit code 2 instead of 1. */
    readonly isUsage = false,
  ) {
    super(message);
  }
}

/** Runs `read`, and turns what is wrong with the file into a refusal that names it. */
export async function refusing<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw refusalOf(file, error) ?? error;
  }
}

function refusalOf(file: string, error: unknown): Refusal | null {
  const name = file === '-' ? 'standard input' : file;
  if (error instanceof FormatError) return new Refusal(`${name}${error.line === null ? '' : `, line ${error.line}`}: ${error.reason}`);
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT': return new Refusal(`${name}: there is no such file`);
    case 'EISDIR': return new Refusal(`${name}: this is a folder, not a file`);
    case 'ENOTDIR': return new Refusal(`${name}: part of the path is a file, not a folder`);
    case 'EEXIST': return new Refusal(`${name}: this is a file, not a folder`);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS': return new Refusal(`${name}: access is not permitted`);
    case 'ENOSPC': return new Refusal(`${name}: no space is left on the disk`);
    default: return null;
  }
}

/** Runs what checks its arguments by throwing RangeError or TypeError, and turns that into a refusal. */
export function checking<T>(run: () => T, prefix = '', isUsage = false): T {
  try {
    return run();
  } catch (error) {
    // The engine's own TypeErrors ("cannot read properties of undefined") are faults of ours and keep their stack.
    const isOurs = error instanceof RangeError || (error instanceof TypeError && !/^Cannot |is not a function|is not iterable|is not defined/.test(error.message));
    throw isOurs ? new Refusal(`${prefix}${(error).message}`, isUsage) : error;
  }
}
