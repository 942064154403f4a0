/** Grows as bytes are added; numbers are little-endian or LEB128, as the binary format has them. */
export class Bytes {
  private buffer = new Uint8Array(256);
  private used = 0;

  private room(count: number): number {
    const start = this.used;
    this.used += count;
    if (this.used > this.buffer.length) {
      const larger = new Uint8Array(Math.max(this.used, 2 * this.buffer.length));
      larger.set(this.buffer);
      this.buffer = larger;
    }
    return start;
  }

  byte(value: number): this {
    const at = this.room(1);
    this.buffer[at] = value;
    return this;
  }

  raw(bytes: Uint8Array): this {
    const at = this.room(bytes.length);
    this.buffer.set(bytes, at);
    return this;
  }

  /** LEB128 of an unsigned integer below 2^32. */
  unsigned(value: number): this {
    let rest = value >>> 0;
    while (rest > 127) {
      this.byte((rest & 127) | 128);
      rest >>>= 7;
    }
    return this.byte(rest);
  }

  /** LEB128 of a signed integer of at most 64 bits. */
  signed(value: number | bigint): this {
    if (typeof value === "number" && value === (value | 0)) return this.signed32(value);
    let rest = BigInt(value);
    for (;;) {
      const low = Number(rest & 127n);
      rest >>= 7n;
      // Done where what is left is only the sign, and the last group shows that sign.
      if ((rest === 0n && low < 64) || (rest === -1n && low >= 64)) return this.byte(low);
      this.byte(low | 128);
    }
  }

  private signed32(value: number): this {
    let rest = value;
    for (; rest < -64 || rest > 63; rest >>= 7) this.byte((rest & 127) | 128);
    return this.byte(rest & 127);
  }

  f32(value: number): this {
    const at = this.room(4);
    new DataView(this.buffer.buffer).setFloat32(at, value, true);
    return this;
  }

  f64(value: number): this {
    const at = this.room(8);
    new DataView(this.buffer.buffer).setFloat64(at, value, true);
    return this;
  }

  i32(value: number): this {
    const at = this.room(4);
    new DataView(this.buffer.buffer).setInt32(at, value, true);
    return this;
  }

  /** UTF-8 with its length before it. */
  name(text: string): this {
    return this.sized(new TextEncoder().encode(text));
  }

  /** Bytes with their number before them. */
  sized(bytes: Uint8Array): this {
    return this.unsigned(bytes.length).raw(bytes);
  }

  /** A number of things, then each of them. */
  list<T>(things: readonly T[], add: (thing: T, bytes: this) => void): this {
    this.unsigned(things.length);
    for (const thing of things) add(thing, this);
    return this;
  }

  done(): Uint8Array {
    return this.buffer.slice(0, this.used);
  }
}
