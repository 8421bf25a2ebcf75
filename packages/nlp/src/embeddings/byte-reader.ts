/** Bytes of a stream by lines and by counts, without a copy of what was read: the files of word vectors are gigabytes. */

const LINE_FEED = 10;
const NOTHING = new Uint8Array(0);

export class ByteReader {
  private readonly chunks: AsyncIterator<Uint8Array>;
  private buffer: Uint8Array = NOTHING;
  private at = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.chunks = chunks[Symbol.asyncIterator]();
  }

  /**
   * Up to and without the next `delimiter`; what is left at the end; undefined after it.
   * @throws RangeError when that is more than `longest` bytes.
   */
  async until(delimiter: number, longest: number): Promise<Uint8Array | undefined> {
    let searched = 0;
    for (;;) {
      const end = this.buffer.indexOf(delimiter, this.at + searched);
      if (end !== -1 && end - this.at <= longest) {
        const piece = this.buffer.subarray(this.at, end);
        this.at = end + 1;
        return piece;
      }
      searched = this.buffer.length - this.at;
      if (searched > longest || end !== -1) throw new RangeError(`more than ${longest} bytes`);
      if (await this.more()) continue;
      if (searched === 0) return undefined;
      return this.rest();
    }
  }

  line(longest: number): Promise<Uint8Array | undefined> {
    return this.until(LINE_FEED, longest);
  }

  /** So many bytes; undefined when there are fewer. */
  async take(count: number): Promise<Uint8Array | undefined> {
    while (this.buffer.length - this.at < count) if (!(await this.more())) return undefined;
    const piece = this.buffer.subarray(this.at, this.at + count);
    this.at += count;
    return piece;
  }

  async close(): Promise<void> {
    await this.chunks.return?.();
  }

  private async more(): Promise<boolean> {
    const { done, value } = await this.chunks.next();
    if (done) return false;
    const left = this.buffer.subarray(this.at);
    if (left.length === 0) this.buffer = value;
    else {
      this.buffer = new Uint8Array(left.length + value.length);
      this.buffer.set(left);
      this.buffer.set(value, left.length);
    }
    this.at = 0;
    return true;
  }

  private rest(): Uint8Array {
    const piece = this.buffer.subarray(this.at);
    this.buffer = NOTHING;
    this.at = 0;
    return piece;
  }
}
