import { NEGLIGIBLE, RESCALE_EVERY, SPARSE_ABOVE } from '../pass.js';
import { F64, FunctionCode, I32, moduleBytes, V128 } from './wasm-code.js';
import { pairsOf, PARAMETERS, Product, TOGETHER, UNROLLED_CLASSES, UNROLLED_VOTES } from './wasm-items.js';

/** Working memory for each class at a tally's end: a weight, and an entry of the list of classes worth counting. */
export const COLLAPSED_SCRATCH_BYTES = 12;

const [CODES, END, POSTERIORS, TERMS, COUNTS, START, TALLY, VOTES] = PARAMETERS.keys() as unknown as number[];

/**
 * `plainCollapsedItems` in WebAssembly for K classes; exports as `wasmItems` does. The numerators of an item's ratios are
 * multiplied up, and so are the denominators: one division for each pair of classes does for as many votes as are taken together.
 */
export function wasmCollapsedItems(K: number): Uint8Array<ArrayBuffer> {
  const functions = [{ name: 'items0', code: itemsInMemory(K) }];
  if (K <= UNROLLED_CLASSES) for (let n = 1; n <= UNROLLED_VOTES; n++) functions.push({ name: `items${n}`, code: itemsInRegisters(K, n) });
  return moduleBytes(functions, PARAMETERS.length);
}

/** The single last lane of an odd K comes with a 0 beside it, and 0/0 is to be 0. */
function divide(code: FunctionCode, denominator: number, lanes: number): void {
  code.get(denominator);
  if (lanes === 1) code.f64x2(0, 1).simd('f64x2_add');
  code.simd('f64x2_div');
}

/** n votes an item, their ratios and an item's old posterior in registers. Twelve votes neither under- nor overflow: a term is from 1e-3 to 1e15. */
function itemsInRegisters(K: number, n: number): FunctionCode {
  const code = new FunctionCode(PARAMETERS.length);
  const pairs = pairsOf(K);
  const starts = pairs.map(() => code.local(V128));
  const tallied = pairs.map(() => code.local(V128));
  const olds = pairs.map(() => code.local(V128));
  const weights = pairs.map(() => code.local(V128));
  const denominators = pairs.map(() => code.local(V128));
  const own = code.local(V128);
  const moved = code.local(V128);
  const sum = code.local(F64);
  const inverse = code.local(V128);
  const row = code.local(I32);
  const toCounts = code.local(I32);
  const product = new Product(code);

  pairs.forEach(({ offset, lanes }, l) => {
    code.get(START!).lanesLoad(offset, lanes).set(starts[l]!);
    code.get(TALLY!).lanesLoad(offset, lanes).set(tallied[l]!);
  });
  code.get(START!).f64Load(8 * K).simd('f64x2_splat').set(own);
  code.get(TALLY!).f64Load(8 * K).simd('f64x2_splat').set(moved);
  code.get(COUNTS!).get(TERMS!).op('i32_sub').set(toCounts);
  code.loop(() => {
    // What all other items say: the start and each term without the item's own part.
    pairs.forEach(({ offset, lanes }, l) => {
      code.get(POSTERIORS!).lanesLoad(offset, lanes).set(olds[l]!);
      code.get(starts[l]!).get(olds[l]!).get(own).simd('f64x2_mul').simd('f64x2_sub').set(weights[l]!);
    });
    for (let j = 0; j < n; j++) {
      code.get(CODES!).i32Load(8 * j).set(row);
      pairs.forEach(({ offset, lanes }, l) => {
        code.get(weights[l]!).get(row).lanesLoad(offset, lanes).get(olds[l]!).simd('f64x2_sub').simd('f64x2_mul').set(weights[l]!);
      });
      code.get(CODES!).i32Load(8 * j + 4).set(row);
      pairs.forEach(({ offset, lanes }, l) => {
        if (j > 0) code.get(denominators[l]!);
        code.get(row).lanesLoad(offset, lanes).get(olds[l]!).simd('f64x2_sub');
        if (j > 0) code.simd('f64x2_mul');
        code.set(denominators[l]!);
      });
    }
    pairs.forEach(({ lanes }, l) => {
      code.get(weights[l]!);
      divide(code, denominators[l]!, lanes);
      code.set(weights[l]!);
    });
    weights.forEach((weight, l) => (l === 0 ? code.get(weight) : code.get(weight).simd('f64x2_add')));
    code.tee(inverse).lane(0).get(inverse).lane(1).op('f64_add').set(sum);
    product.multiply(sum);
    code.f64(1).get(sum).op('f64_div').simd('f64x2_splat').set(inverse);
    pairs.forEach(({ offset, lanes }, l) => {
      code.get(weights[l]!).get(inverse).simd('f64x2_mul').set(weights[l]!);
      code.get(moved).get(weights[l]!).get(olds[l]!).simd('f64x2_sub').simd('f64x2_abs').simd('f64x2_pmax').set(moved);
      code.get(POSTERIORS!).get(weights[l]!).lanesStore(offset, lanes);
      code.get(tallied[l]!).get(weights[l]!).simd('f64x2_add').set(tallied[l]!);
    });
    // The posterior onto the counts of the same rows.
    for (let j = 0; j < n; j++) {
      code.get(CODES!).i32Load(8 * j).get(toCounts).op('i32_add').set(row);
      pairs.forEach(({ offset, lanes }, l) => code.get(row).get(row).lanesLoad(offset, lanes).get(weights[l]!).simd('f64x2_add').lanesStore(offset, lanes));
    }
    code.get(CODES!).i32(8 * n).op('i32_add').set(CODES!);
    code.get(POSTERIORS!).i32(8 * K).op('i32_add').set(POSTERIORS!);
    code.get(CODES!).get(END!).op('i32_lt_u');
  });
  pairs.forEach(({ offset, lanes }, l) => code.get(TALLY!).get(tallied[l]!).lanesStore(offset, lanes));
  code.get(TALLY!).get(moved).lane(0).get(moved).lane(1).op('f64_max').f64Store(8 * K);
  product.store(8 * K + 8);
  return code;
}

/**
 * Any K and any number of votes: weights are worked out in the tally's scratch, since the item's posterior row has the old
 * ones; and only what is not negligible is counted, class by class from a list of byte offsets behind the weights.
 */
function itemsInMemory(K: number): FunctionCode {
  const code = new FunctionCode(PARAMETERS.length);
  const negligible = K > SPARSE_ABOVE ? NEGLIGIBLE : -1;
  const own = code.local(V128);
  const q = code.local(V128);
  const numerator = code.local(V128);
  const denominator = code.local(V128);
  const sums = code.local(V128);
  const sum = code.local(F64);
  const inverse = code.local(V128);
  const rows = Array.from({ length: TOGETHER }, () => code.local(I32));
  const totals = Array.from({ length: TOGETHER }, () => code.local(I32));
  const vote = code.local(I32);
  const nextItem = code.local(I32);
  const untilRescale = code.local(I32);
  const at = code.local(I32);
  const weights = code.local(I32);
  const firstListed = code.local(I32);
  const list = code.local(I32);
  const listEnd = code.local(I32);
  const row = code.local(I32);
  const toCounts = code.local(I32);
  const target = code.local(I32);
  const p = code.local(F64);
  const moved = code.local(F64);
  const product = new Product(code);
  const evenBytes = 16 * Math.floor(K / 2);

  /** `body` for each pair of a row with the byte offset in `at`, then for the last class of an odd K. */
  const overPairs = (body: (lanes: number) => void) => {
    code.i32(0).set(at);
    code.loop(() => {
      body(2);
      code.get(at).i32(16).op('i32_add').tee(at).i32(evenBytes).op('i32_lt_u');
    });
    if (K % 2 === 1) body(1);
  };
  const address = (start: number) => code.get(start).get(at).op('i32_add');
  const normalize = () => {
    code.f64(0).simd('f64x2_splat').set(sums);
    overPairs((lanes) => {
      address(weights).lanesLoad(0, lanes).get(sums).simd('f64x2_add').set(sums);
    });
    code.get(sums).lane(0).get(sums).lane(1).op('f64_add').set(sum);
    product.multiply(sum);
    code.f64(1).get(sum).op('f64_div').simd('f64x2_splat').set(inverse);
    overPairs((lanes) => {
      address(weights);
      address(weights).lanesLoad(0, lanes).get(inverse).simd('f64x2_mul').lanesStore(0, lanes);
    });
  };
  /** The next `count` votes' terms without the item's own part onto the weights, which are read and written once for all of them. */
  const multiplyVotes = (count: number) => {
    for (let j = 0; j < count; j++) {
      code.get(vote).i32Load(8 * j).set(rows[j]!);
      code.get(vote).i32Load(8 * j + 4).set(totals[j]!);
    }
    overPairs((lanes) => {
      address(POSTERIORS!).lanesLoad(0, lanes).set(q);
      address(weights).lanesLoad(0, lanes).set(numerator);
      for (let j = 0; j < count; j++) {
        code.get(numerator);
        address(rows[j]!).lanesLoad(0, lanes).get(q).simd('f64x2_sub').simd('f64x2_mul').set(numerator);
        if (j > 0) code.get(denominator);
        address(totals[j]!).lanesLoad(0, lanes).get(q).simd('f64x2_sub');
        if (j > 0) code.simd('f64x2_mul');
        code.set(denominator);
      }
      address(weights).get(numerator);
      divide(code, denominator, lanes);
      code.lanesStore(0, lanes);
    });
    code.get(vote).i32(8 * count).op('i32_add').set(vote);
  };
  const whileVotesLeft = (count: number, body: () => void) => {
    const left = () => code.get(vote).i32(8 * count).op('i32_add').get(nextItem).op('i32_le_u');
    left().when(() => {
      code.loop(() => {
        body();
        left();
      });
    });
  };

  // After the tallied numbers: factor, exponent, log-likelihood.
  code.get(TALLY!).i32(8 * (K + 4)).op('i32_add').set(weights);
  code.get(weights).i32(8 * K).op('i32_add').set(firstListed);
  code.get(START!).f64Load(8 * K).simd('f64x2_splat').set(own);
  code.get(TALLY!).f64Load(8 * K).set(moved);
  code.get(COUNTS!).get(TERMS!).op('i32_sub').set(toCounts);
  code.loop(() => {
    code.get(CODES!).get(VOTES!).i32(3).op('i32_shl', 'i32_add').set(nextItem);
    overPairs((lanes) => {
      address(weights);
      address(START!).lanesLoad(0, lanes);
      address(POSTERIORS!).lanesLoad(0, lanes).get(own).simd('f64x2_mul').simd('f64x2_sub').lanesStore(0, lanes);
    });
    code.get(CODES!).set(vote).i32(RESCALE_EVERY).set(untilRescale);
    whileVotesLeft(TOGETHER, () => {
      multiplyVotes(TOGETHER);
      code.get(untilRescale).i32(TOGETHER).op('i32_sub').tee(untilRescale).op('i32_eqz').when(() => {
        normalize();
        code.i32(RESCALE_EVERY).set(untilRescale);
      });
    });
    whileVotesLeft(1, () => multiplyVotes(1));
    normalize();
    // List the classes worth counting; the list's end moves on only past those.
    code.get(firstListed).set(listEnd);
    code.i32(0).set(at);
    code.loop(() => {
      address(weights).f64Load().set(p);
      code.get(moved).get(p);
      address(POSTERIORS!).f64Load().op('f64_sub', 'f64_abs', 'f64_max').set(moved);
      address(POSTERIORS!).get(p).f64Store();
      code.get(listEnd).get(at).i32Store();
      code.get(listEnd).get(p).f64(negligible).op('f64_gt').i32(2).op('i32_shl', 'i32_add').set(listEnd);
      address(TALLY!);
      address(TALLY!).f64Load().get(p).op('f64_add').f64Store();
      code.get(at).i32(8).op('i32_add').tee(at).i32(8 * K).op('i32_lt_u');
    });
    code.get(CODES!).set(vote);
    code.loop(() => {
      code.get(vote).i32Load().get(toCounts).op('i32_add').set(row);
      code.get(firstListed).set(list);
      code.loop(() => {
        code.get(list).i32Load().tee(at).get(row).op('i32_add').tee(target);
        code.get(target).f64Load();
        address(POSTERIORS!).f64Load().op('f64_add').f64Store();
        code.get(list).i32(4).op('i32_add').tee(list).get(listEnd).op('i32_lt_u');
      });
      code.get(vote).i32(8).op('i32_add').tee(vote).get(nextItem).op('i32_lt_u');
    });
    code.get(nextItem).set(CODES!);
    code.get(POSTERIORS!).i32(8 * K).op('i32_add').set(POSTERIORS!);
    code.get(CODES!).get(END!).op('i32_lt_u');
  });
  code.get(TALLY!).get(moved).f64Store(8 * K);
  product.store(8 * K + 8);
  return code;
}
