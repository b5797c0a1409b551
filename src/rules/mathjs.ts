import { createRequire } from 'node:module';

type MathJs = typeof import('mathjs');

let loaded: MathJs | null = null;

/** Loaded when the first rule is compiled, and as one file: 0.08 s, where its tree of 1,300 modules takes 1.4 s. */
export function mathjs(): MathJs {
  loaded ??= createRequire(import.meta.url)('mathjs/lib/browser/math.js') as MathJs;
  return loaded;
}
