/**
 * Batches of texts of like length, for core's training loop. An epoch's order is drawn first, as for any other data; then
 * the examples of each window of some batches are sorted by length and cut into batches, and the batches are shuffled.
 * So neighbours in a batch are still chosen by chance, among texts of their length, and hardly anything is padded
 * (bucketing: Khomenko et al. 2016, "Accelerating recurrent neural network training using sequence bucketing"). Each batch
 * is as long as its longest text, rounded up to one of a few lengths, as compiled steps are made for one shape. Everything
 * depends on the seed and the epoch alone, so a run can be taken up again at any batch.
 */
import type { Batch, EpochRequest, ExampleSource } from '@attune/core';
import { balancedOrder } from '@attune/core';
import { bucketLengths, bucketOf } from './bucket-lengths.ts';
import type { EncodedTexts } from './encode.ts';

export interface TextSourceOptions {
  /**
   * In another order every epoch, in batches of like length; `balanced`: every class is drawn equally often. Default false:
   * in the given order, as evaluation needs; `byLength` makes that order cheap.
   */
  readonly shuffle?: boolean | 'balanced' | undefined;
  /** Rising lengths that batches are padded to. Default: `bucketLengths` of these texts. */
  readonly buckets?: readonly number[] | undefined;
  /** Batches that are sorted together; 1 leaves every batch to chance. Default 32. */
  readonly window?: number | undefined;
}

export interface TextSource extends ExampleSource {
  /** The lengths that batches may have. */
  readonly buckets: readonly number[];
  /** How much of an epoch is padding. */
  padding(request: Omit<EpochRequest, 'firstBatch'>): PaddingReport;
}

export interface PaddingReport {
  /** Share of the positions of an epoch's batches that hold no word, in [0, 1). */
  readonly padding: number;
  /** The same, were all batches as long as the longest bucket. */
  readonly fixedLength: number;
  /** Share of those positions that are not computed, in [0, 1). */
  readonly saved: number;
  /** Batches of each length. */
  readonly batches: Readonly<Record<number, number>>;
}

const DEFAULT_WINDOW = 32;

/**
 * A source of batches [N, T], [N, 2, T] of pairs, or [N, 3, T] for encoders, int32, 0 where there is no word.
 * @throws RangeError when there are no texts, or one that no bucket holds.
 */
export function textSource(encoded: EncodedTexts, options: TextSourceOptions = {}): TextSource {
  const { texts, parts, labels } = encoded;
  const { shuffle = false, window = DEFAULT_WINDOW } = options;
  const lengths = texts.map((text) => text.length / parts);
  const buckets = options.buckets ?? bucketLengths(lengths);
  for (const length of lengths) bucketOf(length, buckets);
  if (!(Number.isInteger(window) && window > 0)) throw new RangeError(`a window of ${window} batches`);
  const count = texts.length;

  /** The examples of each batch of an epoch. */
  const batchesOf = ({ random, batchSize }: Pick<EpochRequest, 'random' | 'batchSize'>): number[][] => {
    if (shuffle === false)
      return cut(
        Array.from({ length: count }, (_, i) => i),
        batchSize,
      );
    const order = shuffle === 'balanced' ? balancedOrder(labels, random) : random.permutation(count);
    const batches = cut(order, window * batchSize).flatMap((near) =>
      cut(
        // A stable sort: equals stay in the order that was drawn.
        near.sort((a, b) => lengths[a]! - lengths[b]!),
        batchSize,
      ),
    );
    // What is left comes last, as core expects.
    const rest = count % batchSize === 0 ? [] : batches.splice(-1);
    return [...random.fork('batches').shuffle(batches), ...rest];
  };
  const lengthOf = (batch: readonly number[]) =>
    bucketOf(
      batch.reduce((longest, example) => Math.max(longest, lengths[example]!), 1),
      buckets,
    );

  return {
    count,
    labels,
    buckets,
    *batches({ firstBatch, ...request }) {
      for (const batch of batchesOf(request).slice(firstBatch)) yield paddedBatch(encoded, batch, lengthOf(batch));
    },
    padding(request) {
      const batches: Record<number, number> = {};
      let [words, positions] = [0, 0];
      for (const batch of batchesOf(request)) {
        const length = lengthOf(batch);
        batches[length] = (batches[length] ?? 0) + 1;
        positions += parts * batch.length * length;
        for (const example of batch) words += wordsIn(texts[example]!);
      }
      const fixed = parts * count * buckets.at(-1)!;
      return {
        padding: 1 - words / positions,
        fixedLength: 1 - words / fixed,
        saved: 1 - positions / fixed,
        batches,
      };
    },
  };
}

/**
 * The examples sorted by length, shortest first, for evaluation: unsorted, each batch is as long as its longest text.
 * `order[i]` is the number that example i of the sorted ones had, so that predictions find back to their texts.
 */
export function byLength(encoded: EncodedTexts): { readonly encoded: EncodedTexts; readonly order: readonly number[] } {
  const { texts, labels } = encoded;
  const order = texts.map((_, i) => i).sort((a, b) => texts[a]!.length - texts[b]!.length);
  return {
    encoded: {
      ...encoded,
      texts: order.map((example) => texts[example]!),
      labels: Int32Array.from(order, (example) => labels[example]!),
    },
    order,
  };
}

/** The examples of these numbers, padded to a length that none of them exceeds. */
export function paddedBatch({ texts, parts, labels }: EncodedTexts, batch: readonly number[], length: number): Batch {
  const inputs = new Int32Array(batch.length * parts * length);
  for (const [row, example] of batch.entries()) {
    const text = texts[example]!;
    const own = text.length / parts;
    for (let part = 0; part < parts; part++)
      inputs.set(text.subarray(part * own, (part + 1) * own), (row * parts + part) * length);
  }
  return {
    inputs,
    shape: parts === 1 ? [length] : [parts, length],
    labels: Int32Array.from(batch, (example) => labels[example]!),
  };
}

function wordsIn(text: Int32Array): number {
  return text.reduce((words, index) => (index === 0 ? words : words + 1), 0);
}

function cut<Item>(items: readonly Item[], size: number): Item[][] {
  const pieces: Item[][] = [];
  for (let start = 0; start < items.length; start += size) pieces.push(items.slice(start, start + size));
  return pieces;
}
