import { RESCALE_EVERY } from './pass.js';
import { UNROLLED_VOTES } from './wasm-items.js';

/**
 * The same functions as `wasmItems` in JavaScript, unrolled for K <= 10 and the number of votes: the text of a function of the
 * memory that returns them by number of votes. Written out, since V8 leaves loops of K steps three times slower.
 */
export function scriptItemsSource(K: number): string {
  const functions = Array.from({ length: UNROLLED_VOTES + 1 }, (_, n) => itemsFunction(K, n));
  return `(memory) => {
    "use strict";
    const f64 = new Float64Array(memory), i32 = new Int32Array(memory);
    return [${functions.join(',\n')}];
  }`;
}

/** n votes an item, or with n = 0 as many as the parameter says. */
function itemsFunction(K: number, n: number): string {
  const each = (text: (k: number) => string, separator = ' ') => Array.from({ length: K }, (_, k) => text(k)).join(separator);
  const votes = Array.from({ length: n }, (_, j) => j);
  const sum = each((k) => `w${k}`, ' + ');
  // The least factor, 1e-282, times 2^-60 is still a normal number.
  const normalize = `sum = ${sum};
      factor *= sum;
      while (factor < ${2 ** -60}) { factor *= ${2 ** 60}; exponent -= 60; }
      inverse = 1 / sum;
      ${each((k) => `w${k} *= inverse;`)}`;
  const multiply = (row: string) => each((k) => `w${k} *= f64[${row} + ${k}];`);
  const count = (row: string) => each((k) => `f64[${row} + ${k}] += w${k};`);
  const eStep =
    n > 0
      ? votes.map((j) => `const c${j} = i32[at + ${j}]; row = confusion + c${j}; ${multiply('row')}`).join('\n      ')
      : `for (let vote = 0; vote < votes; vote++) {
        row = confusion + i32[at + vote]; ${multiply('row')}
        if ((vote & ${RESCALE_EVERY - 1}) === ${RESCALE_EVERY - 1}) { ${normalize} }
      }`;
  const mStep =
    n > 0
      ? votes.map((j) => `row = counts + c${j}; ${count('row')}`).join('\n      ')
      : `for (let vote = 0; vote < votes; vote++) { row = counts + i32[at + vote]; ${count('row')} }`;
  return `function items${n}(codes, end, posteriors, confusion, counts, priors, tally, votes) {
    let at = codes >>> 2, last = end >>> 2, posterior = posteriors >>> 3, row = 0;
    confusion >>>= 3; counts >>>= 3; priors >>>= 3; tally >>>= 3;
    ${each((k) => `const q${k} = f64[priors + ${k}]; let t${k} = f64[tally + ${k}], w${k} = 0;`)}
    let factor = 1, exponent = 0, sum = 0, inverse = 0;
    for (; at < last; at += ${n > 0 ? n : 'votes'}) {
      ${each((k) => `w${k} = q${k};`)}
      ${eStep}
      ${normalize}
      ${each((k) => `f64[posterior + ${k}] = w${k}; t${k} += w${k};`)}
      ${mStep}
      posterior += ${K};
    }
    ${each((k) => `f64[tally + ${k}] = t${k};`)}
    f64[tally + ${K}] = factor; f64[tally + ${K + 1}] = exponent;
  }`;
}
