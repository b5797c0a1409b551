import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../../../shared/', import.meta.url);

/** Whether the reference data lies beside the checkout; tests of it are skipped where it does not. */
export const hasShared = existsSync(folder);

if (!hasShared) console.warn(`skipped: tests against reference data, since there is no folder ${fileURLToPath(folder)}`);

/** The path of a file or folder of the reference data, such as `shared('golden', 'ds')`. */
export function shared(...parts: string[]): string {
  return fileURLToPath(new URL(parts.map(encodeURIComponent).join('/'), folder));
}
