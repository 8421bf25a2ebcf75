/**
 * Random numbers that one seed fixes: the generator sfc32 (Chris Doty-Humphrey's Small Fast Counting generator, period
 * about 2^128 on average, passes PractRand), with named forks, so that a stream's numbers do not depend on how many
 * another stream drew, and with a state of plain numbers, so that a checkpoint can hold it.
 */

/** A generator's whole state: JSON that `Random.fromState` takes back. */
export interface RandomState {
  /** What forks are derived from; it does not change while numbers are drawn. */
  readonly key: readonly number[];
  /** The four words of sfc32, unsigned 32-bit. */
  readonly words: readonly number[];
}

export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter: number;

  private constructor(
    private readonly key: readonly number[],
    words: readonly number[],
  ) {
    [this.a, this.b, this.c, this.counter] = words as [number, number, number, number];
  }

  /** The generator of a seed: any finite number or string. */
  static fromSeed(seed: number | string): Random {
    if (typeof seed === 'number' && !Number.isFinite(seed)) throw new RangeError(`a seed must be finite, got ${seed}`);
    return Random.fromKey(hash128(`${typeof seed}:${seed}`));
  }

  /** Continues where `state()` was taken. @throws RangeError when the state is not four and four 32-bit words. */
  static fromState(state: RandomState): Random {
    for (const part of [state?.key, state?.words]) {
      if (
        !Array.isArray(part) ||
        part.length !== 4 ||
        !part.every((word) => Number.isInteger(word) && word >>> 0 === word)
      )
        throw new RangeError('not a generator state: expected two lists of four unsigned 32-bit integers');
    }
    return new Random([...state.key], [...state.words]);
  }

  private static fromKey(key: readonly number[]): Random {
    const random = new Random(key, [key[0]!, key[1]!, key[2]!, 1 + (key[3]! >>> 1)]);
    for (let i = 0; i < 15; i++) random.uint32(); // mixes the key into every word, as the author's seeding does
    return random;
  }

  state(): RandomState {
    return { key: [...this.key], words: [this.a >>> 0, this.b >>> 0, this.c >>> 0, this.counter >>> 0] };
  }

  /** An independent stream, fixed by this stream's seed and the label alone: not by what has been drawn. */
  fork(label: number | string): Random {
    return Random.fromKey(hash128(`${this.key.join(',')}/${typeof label}:${label}`));
  }

  /** An integer in [0, 2^32). */
  uint32(): number {
    const result = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  /** A number in [low, high), with 53 random bits. */
  uniform(low = 0, high = 1): number {
    const unit = ((this.uint32() >>> 5) * 67108864 + (this.uint32() >>> 6)) / 9007199254740992;
    return low + (high - low) * unit;
  }

  /** An integer in [0, bound), each equally likely. `bound` is 1 to 2^32. */
  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 4294967296)
      throw new RangeError(`bound ${bound} is not in 1..2^32`);
    // Numbers above the last whole multiple of `bound` are drawn again, or small results would come up more often.
    const limit = 4294967296 - (4294967296 % bound);
    let draw = this.uint32();
    while (draw >= limit) draw = this.uint32();
    return draw % bound;
  }

  /** A draw from the normal distribution (Box-Muller; the second number of each pair is left, so that no state hides). */
  normal(mean = 0, standardDeviation = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return mean + standardDeviation * radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A shuffled copy (Fisher-Yates). */
  shuffle<Item>(items: Iterable<Item>): Item[] {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
    }
    return shuffled;
  }

  /** The numbers 0..count-1 in random order. */
  permutation(count: number): number[] {
    return this.shuffle(Array.from({ length: count }, (_, i) => i));
  }
}

/** 128 bits of a string: four MurmurHash3-style lanes (the mixing known as cyrb128). Not for cryptography. */
function hash128(text: string): number[] {
  let h1 = 1779033703;
  let h2 = 3144134277;
  let h3 = 1013904242;
  let h4 = 2773480762;
  for (let i = 0; i < text.length; i++) {
    const k = text.charCodeAt(i);
    h1 = h2 ^ Math.imul(h1 ^ k, 597399067);
    h2 = h3 ^ Math.imul(h2 ^ k, 2869860233);
    h3 = h4 ^ Math.imul(h3 ^ k, 951274213);
    h4 = h1 ^ Math.imul(h4 ^ k, 2716044179);
  }
  h1 = Math.imul(h3 ^ (h1 >>> 18), 597399067);
  h2 = Math.imul(h4 ^ (h2 >>> 22), 2869860233);
  h3 = Math.imul(h1 ^ (h3 >>> 17), 951274213);
  h4 = Math.imul(h2 ^ (h4 >>> 19), 2716044179);
  h1 ^= h2 ^ h3 ^ h4;
  return [h1 >>> 0, (h2 ^ h1) >>> 0, (h3 ^ h1) >>> 0, (h4 ^ h1) >>> 0];
}
