import { putShortest } from './shortest-digits.js';

/** Text on its way to a file, as UTF-8 bytes from the start: no strings are joined that would have to be encoded later. */
export class ByteSink {
  length = 0;
  private bytes: Buffer;

  /** @param expected bytes that are likely to come before `take` */
  constructor(private readonly expected: number) {
    this.bytes = Buffer.allocUnsafeSlow(expected);
  }

  /** A character below U+0080. */
  byte(code: number): void {
    if (this.length === this.bytes.length) this.room(1);
    this.bytes[this.length++] = code;
  }

  text(text: string): void {
    const { length } = text;
    // Three bytes a UTF-16 unit is the most that UTF-8 takes.
    if (this.length + 3 * length > this.bytes.length) this.room(3 * length);
    // A short text is copied quicker than the encoder is called.
    if (length > 40) {
      this.length += this.bytes.write(text, this.length);
      return;
    }
    const { bytes } = this;
    const start = this.length;
    for (let c = 0; c < length; c++) {
      const code = text.charCodeAt(c);
      if (code >= 0x80) {
        this.length += bytes.write(text, start);
        return;
      }
      bytes[start + c] = code;
    }
    this.length = start + length;
  }

  /** A finite number, with the digits that JavaScript gives it. */
  number(value: number): void {
    if (this.length + 32 > this.bytes.length) this.room(32);
    const { bytes } = this;
    if (value === 0) bytes[this.length++] = 0x30;
    else if (value === 1) bytes[this.length++] = 0x31;
    else {
      const end = putShortest(bytes, this.length, value);
      if (end < 0) this.text(`${value}`);
      else this.length = end;
    }
  }

  /** What came since the last call. */
  take(): Buffer {
    const taken = this.bytes.subarray(0, this.length);
    this.bytes = Buffer.allocUnsafeSlow(this.expected);
    this.length = 0;
    return taken;
  }

  private room(count: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.bytes.length, this.length + count));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}
