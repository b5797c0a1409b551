import { RESCALE_EVERY } from '../pass.js';
import { UNROLLED_VOTES } from './wasm-items.js';

/**
 * The same functions as `wasmItems` in JavaScript, unrolled for K <= 10 and the number of votes: the text of a function of the
 * memory that returns them by number of votes. Written out, since V8 leaves loops of K steps three times slower.
 */
export function scriptItemsSource(K: number): string {
  const functions = Array.from({ length: UNROLLED_VOTES + 1 }, (_, n) => itemsFunction(K, n));
  return `(memory) => {
    "use strict";
    const doubles = new Float64Array(memory), integers = new Int32Array(memory);
    return [${functions.join(',\n')}];
  }`;
}

/**
 * n votes an item, or with n = 0 as many as the parameter says. Three things make it 1.6 times as fast (K = 10, Node 20):
 * the arrays are read into locals before the loop, else V8 does not take their address and length for constants within it;
 * indices are cut to 32 bits, which spares a check of each sum; and the weights of the E step are stored class by class, else
 * V8 leaves all products to the end and keeps every address on the stack till then.
 */
function itemsFunction(K: number, n: number): string {
  const each = (text: (k: number) => string, separator = ' ') => Array.from({ length: K }, (_, k) => text(k)).join(separator);
  const eachVote = (text: (j: number) => string, separator = ' ') => Array.from({ length: n }, (_, j) => text(j)).join(separator);
  const at = (row: string, k: number) => `f64[(${row} + ${k}) | 0]`;
  const sum = each((k) => `w${k}`, ' + ');
  // The least factor, 1e-282, times 2^-60 is still a normal number.
  const normalize = `sum = ${sum};
      factor *= sum;
      while (factor < ${2 ** -60}) { factor *= ${2 ** 60}; exponent -= 60; }
      inverse = 1 / sum;
      ${each((k) => `w${k} *= inverse;`)}`;
  const count = (row: string) => each((k) => `${at(row, k)} += w${k};`);
  const eStep =
    n > 0
      ? `${eachVote((j) => `const c${j} = i32[first + ${j}], p${j} = (confusion + c${j}) | 0;`)}
      ${each((k) => `w${k} = q${k} * ${eachVote((j) => at(`p${j}`, k), ' * ')}; ${at('posterior', k)} = w${k};`, '\n      ')}`
      : `${each((k) => `w${k} = q${k};`)}
      for (let vote = 0; vote < votes; vote++) {
        row = (confusion + i32[first + vote]) | 0; ${each((k) => `w${k} *= ${at('row', k)};`)}
        if ((vote & ${RESCALE_EVERY - 1}) === ${RESCALE_EVERY - 1}) { ${normalize} }
      }`;
  const mStep =
    n > 0
      ? eachVote((j) => `row = (counts + c${j}) | 0; ${count('row')}`, '\n      ')
      : `for (let vote = 0; vote < votes; vote++) { row = (counts + i32[first + vote]) | 0; ${count('row')} }`;
  return `function items${n}(codes, end, posteriors, confusion, counts, priors, tally, votes) {
    const f64 = doubles, i32 = integers;
    let first = codes >>> 2, last = end >>> 2, posterior = posteriors >>> 3, row = 0;
    confusion >>>= 3; counts >>>= 3; priors >>>= 3; tally >>>= 3;
    ${each((k) => `const q${k} = f64[priors + ${k}]; let t${k} = f64[tally + ${k}], w${k} = 0;`)}
    let factor = 1, exponent = 0, sum = 0, inverse = 0;
    for (; first < last; first += ${n > 0 ? n : 'votes'}) {
      ${eStep}
      ${normalize}
      ${each((k) => `${at('posterior', k)} = w${k}; t${k} += w${k};`)}
      ${mStep}
      posterior += ${K};
    }
    ${each((k) => `f64[tally + ${k}] = t${k};`)}
    f64[tally + ${K}] = factor; f64[tally + ${K + 1}] = exponent;
  }`;
}
