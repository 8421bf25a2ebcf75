/** A task of made-up words that a small network learns in a second, in texts of several lengths. For tests. */
import { type Batch, type ExampleSource, Random } from '@attune/core';

export const VOCABULARY_SIZE = 20;

/** Lengths that texts are padded to. */
const LENGTHS = [4, 7];

/**
 * Texts of 1 to 7 words; a text's class is that of its one telling word (2, 3, 4 for the classes 0, 1, 2), the others say
 * nothing. A pair's class is the larger one of its texts. Batches are padded to 4 or 7 words.
 */
export function toyTexts(count: number, seed: number, { pairs = false, classes = 3 } = {}): ExampleSource {
  const random = Random.fromSeed(seed);
  const write = (length: number, most: number, told: number) => {
    const words = new Int32Array(most);
    for (let i = 0; i < length; i++) words[i] = 6 + random.integer(VOCABULARY_SIZE - 6);
    words[random.integer(length)] = 2 + told;
    return words;
  };
  const examples = Array.from({ length: count }, (_, i) => {
    const most = LENGTHS[Math.floor((2 * i) / count)]!;
    const length = () => Math.max(most - random.integer(4), 1);
    const told = [i % classes, random.integer(classes)] as const;
    return pairs
      ? {
          texts: [write(length(), most, told[0]), write(length(), most, told[1])],
          most,
          label: Math.max(...told),
        }
      : { texts: [write(length(), most, told[0])], most, label: told[0] };
  });
  return {
    count,
    labels: examples.map(({ label }) => label),
    *batches({ batchSize, firstBatch }) {
      for (let start = firstBatch * batchSize; start < count; start += batchSize) {
        const rows = examples.slice(start, start + batchSize);
        const most = Math.max(...rows.map((row) => row.most));
        const texts = rows.flatMap((row) => row.texts);
        const inputs = new Int32Array(texts.length * most);
        texts.forEach((text, i) => {
          inputs.set(text, i * most);
        });
        const batch: Batch = {
          inputs,
          shape: pairs ? [2, most] : [most],
          labels: Int32Array.from(rows, ({ label }) => label),
        };
        yield batch;
      }
    },
  };
}
