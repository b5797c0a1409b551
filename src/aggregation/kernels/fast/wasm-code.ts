/** Just enough of the WebAssembly binary format (core 2.0 with threads and 128-bit SIMD) to write a kernel's functions. */

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F64 = 0x7c;
export const V128 = 0x7b;
type ValueType = typeof I32 | typeof I64 | typeof F64 | typeof V128;

/** Opcodes without operands. */
const PLAIN = {
  i32_lt_u: 0x49, i32_add: 0x6a, i32_sub: 0x6b, i32_and: 0x71, i32_shl: 0x74,
  i64_add: 0x7c, i64_sub: 0x7d, i64_and: 0x83, i64_or: 0x84, i64_shr_u: 0x88,
  f64_abs: 0x99, f64_add: 0xa0, f64_sub: 0xa1, f64_mul: 0xa2, f64_div: 0xa3, f64_max: 0xa5, f64_convert_i64_s: 0xb9,
  i64_reinterpret_f64: 0xbd, f64_reinterpret_i64: 0xbf,
  end: 0x0b, i32_le_u: 0x4d, f64_gt: 0x64, i32_eqz: 0x45,
} as const;

/** Opcodes behind the SIMD prefix, without operands. */
const SIMD = { f64x2_splat: 0x14, f64x2_abs: 0xec, f64x2_add: 0xf0, f64x2_sub: 0xf1, f64x2_mul: 0xf2, f64x2_div: 0xf3, f64x2_pmax: 0xf7 } as const;

/** One function's body, written instruction by instruction. */
export class FunctionCode {
  private readonly bytes: number[] = [];
  private readonly locals: ValueType[] = [];

  constructor(private readonly parameterCount: number) {}

  /** A new local; its index. */
  local(type: ValueType): number {
    return this.parameterCount + this.locals.push(type) - 1;
  }
  op(...names: (keyof typeof PLAIN)[]): this {
    for (const name of names) this.bytes.push(PLAIN[name]);
    return this;
  }
  simd(name: keyof typeof SIMD): this {
    this.bytes.push(0xfd, ...unsigned(SIMD[name]));
    return this;
  }
  get(local: number): this {
    return this.emit(0x20, local);
  }
  set(local: number): this {
    return this.emit(0x21, local);
  }
  tee(local: number): this {
    return this.emit(0x22, local);
  }
  i32(value: number): this {
    this.bytes.push(0x41, ...signed(BigInt(value)));
    return this;
  }
  i64(value: bigint): this {
    this.bytes.push(0x42, ...signed(value));
    return this;
  }
  f64(value: number): this {
    this.bytes.push(0x44, ...new Uint8Array(Float64Array.of(value).buffer));
    return this;
  }
  /** A pair of constants. */
  f64x2(low: number, high: number): this {
    this.bytes.push(0xfd, 0x0c, ...new Uint8Array(Float64Array.of(low, high).buffer));
    return this;
  }
  /** f64x2.extract_lane */
  lane(index: 0 | 1): this {
    this.bytes.push(0xfd, 0x21, index);
    return this;
  }
  i32Load(offset = 0): this {
    return this.memory([0x28], 2, offset);
  }
  i32Store(offset = 0): this {
    return this.memory([0x36], 2, offset);
  }
  f64Load(offset = 0): this {
    return this.memory([0x2b], 3, offset);
  }
  f64Store(offset = 0): this {
    return this.memory([0x39], 3, offset);
  }
  /** Both lanes, or the low one and a 0. */
  lanesLoad(offset: number, lanes: number): this {
    return lanes === 2 ? this.memory([0xfd, 0x00], 3, offset) : this.memory([0xfd, 0x5d], 3, offset);
  }
  /** Both lanes, or the low one only. */
  lanesStore(offset: number, lanes: number): this {
    if (lanes === 2) return this.memory([0xfd, 0x0b], 3, offset);
    this.memory([0xfd, 0x5b], 3, offset);
    this.bytes.push(0);
    return this;
  }
  /** Runs `body` again and again as long as the condition it leaves on the stack holds. */
  loop(body: () => void): this {
    this.bytes.push(0x03, 0x40);
    body();
    this.bytes.push(0x0d, 0);
    return this.op('end');
  }
  /** Runs `body` if the condition on the stack holds. */
  when(body: () => void): this {
    this.bytes.push(0x04, 0x40);
    body();
    return this.op('end');
  }
  /** Its bytes in the code section. */
  finish(): number[] {
    const locals = this.locals.flatMap((type) => [1, type]);
    const body = [...unsigned(this.locals.length), ...locals, ...this.bytes, PLAIN.end];
    return [...unsigned(body.length), ...body];
  }

  private emit(opcode: number, operand: number): this {
    this.bytes.push(opcode, ...unsigned(operand));
    return this;
  }
  private memory(opcode: number[], alignment: number, offset: number): this {
    this.bytes.push(...opcode, alignment, ...unsigned(offset));
    return this;
  }
}

/** A module of functions of i32 parameters without results, over one imported shared memory `env.memory`. */
export function moduleBytes(functions: { name: string; code: FunctionCode }[], parameterCount: number): Uint8Array<ArrayBuffer> {
  const type = [0x60, ...vector(Array.from({ length: parameterCount }, () => [I32])), 0];
  const memoryImport = [...name('env'), ...name('memory'), 0x02, 0x03, ...unsigned(1), ...unsigned(65536)];
  return Uint8Array.from([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, vector([type])),
    ...section(2, vector([memoryImport])),
    ...section(3, vector(functions.map(() => [0]))),
    ...section(7, vector(functions.map((fn, index) => [...name(fn.name), 0x00, ...unsigned(index)]))),
    ...section(10, vector(functions.map((fn) => fn.code.finish()))),
  ]);
}

function section(id: number, content: number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function vector(entries: number[][]): number[] {
  return [...unsigned(entries.length), ...entries.flat()];
}

function name(text: string): number[] {
  return [...unsigned(text.length), ...Array.from(text, (letter) => letter.charCodeAt(0))];
}

/** LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  do {
    const low = value % 128;
    value = Math.floor(value / 128);
    bytes.push(value > 0 ? low | 128 : low);
  } while (value > 0);
  return bytes;
}

function signed(value: bigint): number[] {
  for (const bytes: number[] = []; ; value >>= 7n) {
    const low = Number(value & 127n);
    const rest = value >> 7n;
    if ((rest === 0n && low < 64) || (rest === -1n && low >= 64)) return [...bytes, low];
    bytes.push(low | 128);
  }
}
