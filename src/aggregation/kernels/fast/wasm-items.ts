import { RESCALE_EVERY, NEGLIGIBLE } from '../pass.js';
import { F64, FunctionCode, I32, I64, moduleBytes, V128 } from './wasm-code.js';

/** Up to this many classes an item's weights stay in registers, above they go through memory. */
export const UNROLLED_CLASSES = 10;
/** Up to this many votes an item its votes are unrolled too. */
export const UNROLLED_VOTES = 12;

/** Where weights go through memory, how many votes' rows are multiplied at a time; a divisor of RESCALE_EVERY. */
export const TOGETHER = 4;

/** The parameters of `items`, byte addresses all but the last. */
export const PARAMETERS = ['codes', 'end', 'posteriors', 'confusion', 'counts', 'priors', 'tally', 'votes'] as const;
const [CODES, END, POSTERIORS, CONFUSION, COUNTS, PRIORS, TALLY, VOTES] = PARAMETERS.keys() as unknown as number[];

/**
 * WebAssembly for K classes with two doubles an instruction; exports `items1` to `items12` for items of so many votes and
 * `items0` for any number. Strict IEEE arithmetic in a fixed order, no fused or relaxed instruction: the same bits everywhere.
 * @param unrolled whether an item's weights stay in registers
 */
export function wasmItems(K: number, unrolled = K <= UNROLLED_CLASSES): Uint8Array<ArrayBuffer> {
  const functions = [{ name: 'items0', code: unrolled ? itemsInRegisters(K, 0) : itemsInMemory(K) }];
  if (unrolled) for (let n = 1; n <= UNROLLED_VOTES; n++) functions.push({ name: `items${n}`, code: itemsInRegisters(K, n) });
  return moduleBytes(functions, PARAMETERS.length);
}

/** Running product of the items' likelihoods as mantissa times a power of 2: one logarithm does for 512 items. */
export class Product {
  private readonly mantissa: number;
  private readonly exponent: number;
  private readonly bits: number;

  constructor(private readonly code: FunctionCode) {
    this.mantissa = code.local(F64);
    this.exponent = code.local(I64);
    this.bits = code.local(I64);
    code.f64(1).set(this.mantissa);
  }
  multiply(factor: number): void {
    const { code, mantissa, exponent, bits } = this;
    code.get(mantissa).get(factor).op('f64_mul', 'i64_reinterpret_f64').tee(bits);
    code.i64(52n).op('i64_shr_u').i64(1023n).op('i64_sub').get(exponent).op('i64_add').set(exponent);
    code.get(bits).i64(0xfffffffffffffn).op('i64_and').i64(0x3ff0000000000000n).op('i64_or', 'f64_reinterpret_i64').set(mantissa);
  }
  store(offset: number): void {
    this.code.get(TALLY!).get(this.mantissa).f64Store(offset);
    this.code.get(TALLY!).get(this.exponent).op('f64_convert_i64_s').f64Store(offset + 8);
  }
}

/** The lanes of a row of K doubles: pairs, and a single one where K is odd. */
export function pairsOf(K: number): { offset: number; lanes: number }[] {
  return Array.from({ length: Math.ceil(K / 2) }, (_, l) => ({ offset: 16 * l, lanes: Math.min(2, K - 2 * l) }));
}

/** n votes an item, or with n = 0 as many as the parameter says. */
function itemsInRegisters(K: number, n: number): FunctionCode {
  const code = new FunctionCode(PARAMETERS.length);
  const pairs = pairsOf(K);
  const priors = pairs.map(() => code.local(V128));
  const totals = pairs.map(() => code.local(V128));
  const weights = pairs.map(() => code.local(V128));
  const sum = code.local(F64);
  const inverse = code.local(V128);
  const row = code.local(I32);
  const rowOffsets = Array.from({ length: n }, () => code.local(I32));
  const vote = code.local(I32);
  const untilRescale = code.local(I32);
  const product = new Product(code);

  const normalize = () => {
    weights.forEach((weight, l) => (l === 0 ? code.get(weight) : code.get(weight).simd('f64x2_add')));
    code.tee(inverse).lane(0).get(inverse).lane(1).op('f64_add').set(sum);
    product.multiply(sum);
    code.f64(1).get(sum).op('f64_div').simd('f64x2_splat').set(inverse);
    for (const weight of weights) code.get(weight).get(inverse).simd('f64x2_mul').set(weight);
  };
  const multiply = () => {
    code.get(CONFUSION!).op('i32_add').set(row);
    pairs.forEach(({ offset, lanes }, l) => code.get(weights[l]!).get(row).lanesLoad(offset, lanes).simd('f64x2_mul').set(weights[l]!));
  };
  const count = () => {
    code.get(COUNTS!).op('i32_add').set(row);
    pairs.forEach(({ offset, lanes }, l) => code.get(row).get(row).lanesLoad(offset, lanes).get(weights[l]!).simd('f64x2_add').lanesStore(offset, lanes));
  };
  /** The address after the item's codes. */
  const nextItem = () => code.get(CODES!).get(VOTES!).i32(2).op('i32_shl', 'i32_add');

  pairs.forEach(({ offset, lanes }, l) => {
    code.get(PRIORS!).lanesLoad(offset, lanes).set(priors[l]!);
    code.get(TALLY!).lanesLoad(offset, lanes).set(totals[l]!);
  });
  code.loop(() => {
    // E step: the prior times the confusion rows of the item's votes.
    pairs.forEach((_, l) => code.get(priors[l]!).set(weights[l]!));
    if (n > 0) {
      rowOffsets.forEach((rowOffset, j) => {
        code.get(CODES!).i32Load(4 * j).i32(3).op('i32_shl').tee(rowOffset);
        multiply();
      });
    } else {
      code.get(CODES!).set(vote).i32(RESCALE_EVERY).set(untilRescale);
      code.loop(() => {
        code.get(vote).i32Load().i32(3).op('i32_shl');
        multiply();
        code.get(untilRescale).i32(1).op('i32_sub').tee(untilRescale).op('i32_eqz').when(() => {
          normalize();
          code.i32(RESCALE_EVERY).set(untilRescale);
        });
        code.get(vote).i32(4).op('i32_add').tee(vote);
        nextItem().op('i32_lt_u');
      });
    }
    normalize();
    pairs.forEach(({ offset, lanes }, l) => {
      code.get(POSTERIORS!).get(weights[l]!).lanesStore(offset, lanes);
      code.get(totals[l]!).get(weights[l]!).simd('f64x2_add').set(totals[l]!);
    });
    // M step: the posterior onto the counts of the same rows.
    if (n > 0) {
      for (const rowOffset of rowOffsets) {
        code.get(rowOffset);
        count();
      }
      code.get(CODES!).i32(4 * n).op('i32_add').set(CODES!);
    } else {
      code.get(CODES!).set(vote);
      code.loop(() => {
        code.get(vote).i32Load().i32(3).op('i32_shl');
        count();
        code.get(vote).i32(4).op('i32_add').tee(vote);
        nextItem().op('i32_lt_u');
      });
      code.get(vote).set(CODES!);
    }
    code.get(POSTERIORS!).i32(8 * K).op('i32_add').set(POSTERIORS!);
    code.get(CODES!).get(END!).op('i32_lt_u');
  });
  pairs.forEach(({ offset, lanes }, l) => code.get(TALLY!).get(totals[l]!).lanesStore(offset, lanes));
  product.store(8 * K);
  return code;
}

/**
 * Any K: the item's posterior row is where its weights are worked out, and the M step adds only what is not negligible, class
 * by class from a list of byte offsets that follows the tally's numbers.
 */
function itemsInMemory(K: number): FunctionCode {
  const code = new FunctionCode(PARAMETERS.length);
  const sum = code.local(F64);
  const sums = code.local(V128);
  const inverse = code.local(V128);
  const row = code.local(I32);
  const rows = Array.from({ length: TOGETHER }, () => code.local(I32));
  const vote = code.local(I32);
  const nextItem = code.local(I32);
  const untilRescale = code.local(I32);
  const at = code.local(I32);
  const list = code.local(I32);
  const listEnd = code.local(I32);
  const target = code.local(I32);
  const p = code.local(F64);
  const product = new Product(code);
  const evenBytes = 16 * Math.floor(K / 2);
  const single = K % 2 === 1;
  const listOffset = 8 * K + 16;

  /** `body` for each pair of a row with the byte offset in `at`; `rest` for the last class of an odd K. */
  const overPairs = (body: (lanes: number, offset: number) => void) => {
    code.i32(0).set(at);
    code.loop(() => {
      body(2, 0);
      code.get(at).i32(16).op('i32_add').tee(at).i32(evenBytes).op('i32_lt_u');
    });
    if (single) body(1, 0);
  };
  const address = (start: number) => code.get(start).get(at).op('i32_add');
  const normalize = () => {
    code.f64(0).simd('f64x2_splat').set(sums);
    overPairs((lanes) => {
      address(POSTERIORS!).lanesLoad(0, lanes).get(sums).simd('f64x2_add').set(sums);
    });
    code.get(sums).lane(0).get(sums).lane(1).op('f64_add').set(sum);
    product.multiply(sum);
    code.f64(1).get(sum).op('f64_div').simd('f64x2_splat').set(inverse);
    overPairs((lanes) => {
      address(POSTERIORS!);
      address(POSTERIORS!).lanesLoad(0, lanes).get(inverse).simd('f64x2_mul').lanesStore(0, lanes);
    });
  };

  /** The rows of the next `count` votes onto the weights, which are read and written once for all of them. */
  const multiplyRows = (count: number) => {
    for (let j = 0; j < count; j++) code.get(vote).i32Load(4 * j).i32(3).op('i32_shl').get(CONFUSION!).op('i32_add').set(rows[j]!);
    overPairs((lanes) => {
      address(POSTERIORS!);
      address(POSTERIORS!).lanesLoad(0, lanes);
      for (let j = 0; j < count; j++) address(rows[j]!).lanesLoad(0, lanes).simd('f64x2_mul');
      code.lanesStore(0, lanes);
    });
    code.get(vote).i32(4 * count).op('i32_add').set(vote);
  };
  const whileVotesLeft = (count: number, body: () => void) => {
    const left = () => code.get(vote).i32(4 * count).op('i32_add').get(nextItem).op('i32_le_u');
    left().when(() => {
      code.loop(() => {
        body();
        left();
      });
    });
  };

  code.loop(() => {
    code.get(CODES!).get(VOTES!).i32(2).op('i32_shl', 'i32_add').set(nextItem);
    overPairs((lanes) => {
      address(POSTERIORS!);
      address(PRIORS!).lanesLoad(0, lanes).lanesStore(0, lanes);
    });
    code.get(CODES!).set(vote).i32(RESCALE_EVERY).set(untilRescale);
    whileVotesLeft(TOGETHER, () => {
      multiplyRows(TOGETHER);
      code.get(untilRescale).i32(TOGETHER).op('i32_sub').tee(untilRescale).op('i32_eqz').when(() => {
        normalize();
        code.i32(RESCALE_EVERY).set(untilRescale);
      });
    });
    whileVotesLeft(1, () => multiplyRows(1));
    normalize();
    // List the classes worth counting; the list's end moves on only past those.
    code.get(TALLY!).i32(listOffset).op('i32_add').tee(list).set(listEnd);
    code.i32(0).set(at);
    code.loop(() => {
      address(POSTERIORS!).f64Load().set(p);
      code.get(listEnd).get(at).i32Store();
      code.get(listEnd).get(p).f64(NEGLIGIBLE).op('f64_gt').i32(2).op('i32_shl', 'i32_add').set(listEnd);
      address(TALLY!);
      address(TALLY!).f64Load().get(p).op('f64_add').f64Store();
      code.get(at).i32(8).op('i32_add').tee(at).i32(8 * K).op('i32_lt_u');
    });
    code.get(CODES!).set(vote);
    code.loop(() => {
      code.get(vote).i32Load().i32(3).op('i32_shl').get(COUNTS!).op('i32_add').set(row);
      code.get(TALLY!).i32(listOffset).op('i32_add').set(list);
      code.loop(() => {
        code.get(list).i32Load().tee(at).get(row).op('i32_add').tee(target);
        code.get(target).f64Load();
        address(POSTERIORS!).f64Load().op('f64_add').f64Store();
        code.get(list).i32(4).op('i32_add').tee(list).get(listEnd).op('i32_lt_u');
      });
      code.get(vote).i32(4).op('i32_add').tee(vote).get(nextItem).op('i32_lt_u');
    });
    code.get(nextItem).set(CODES!);
    code.get(POSTERIORS!).i32(8 * K).op('i32_add').set(POSTERIORS!);
    code.get(CODES!).get(END!).op('i32_lt_u');
  });
  product.store(8 * K);
  return code;
}
