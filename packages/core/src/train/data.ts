/**
 * Where examples come from: a source gives each epoch's batches anew, fixed by the seed and the epoch alone, from any
 * batch on. So a position is all that an interrupted run must remember.
 */
import type { Random } from '../random.ts';

/** Some examples, 1 to the batch size. The arrays are given away: the source must not write to them again. */
export interface Batch {
  /** Values of all examples, row after row: labels.length times the product of `shape`. */
  readonly inputs: Float32Array;
  /** Shape of one example, such as [224, 224, 3]. */
  readonly shape: readonly number[];
  /** Class of each example. */
  readonly labels: Int32Array;
  /** A distribution over the classes for each example, [N, classes], where it is not the label alone (mixup). */
  readonly targets?: Float32Array;
}

export interface EpochRequest {
  /** Counted from 0. */
  readonly epoch: number;
  readonly batchSize: number;
  /** Batches before this one are left out. */
  readonly firstBatch: number;
  /** The epoch's own numbers: the same for every request of one seed and epoch. Fork it by batch or example to draw. */
  readonly random: Random;
}

export interface ExampleSource {
  /** Number of examples, the same in every epoch; the number of batches follows from it. At least 1. */
  readonly count: number;
  /** All of `batchSize` examples but the last, which has what is left. */
  batches(request: EpochRequest): AsyncIterable<Batch> | Iterable<Batch>;
}

export interface ExamplesInMemory {
  readonly inputs: Float32Array;
  readonly shape: readonly number[];
  readonly labels: ArrayLike<number>;
  /** In another order every epoch. Default false. */
  readonly shuffle?: boolean;
}

/** A source over arrays, such as cached features. @throws RangeError when their lengths do not agree. */
export function examplesInMemory({ inputs, shape, labels, shuffle = false }: ExamplesInMemory): ExampleSource {
  const count = labels.length;
  const stride = shape.reduce((product, size) => product * size, 1);
  if (count === 0) throw new RangeError('there are no examples');
  if (inputs.length !== count * stride)
    throw new RangeError(
      `${count} examples of ${stride} values need ${count * stride}, and there are ${inputs.length}`,
    );
  return {
    count,
    *batches({ batchSize, firstBatch, random }) {
      const order = shuffle ? random.permutation(count) : Array.from({ length: count }, (_, i) => i);
      for (let start = firstBatch * batchSize; start < count; start += batchSize) {
        const rows = order.slice(start, start + batchSize);
        const values = new Float32Array(rows.length * stride);
        rows.forEach((row, i) => {
          values.set(inputs.subarray(row * stride, (row + 1) * stride), i * stride);
        });
        yield { inputs: values, shape, labels: Int32Array.from(rows, (row) => labels[row]!) };
      }
    },
  };
}

/** Asks for the next item while the one before is worked on, so that reading and computing go on side by side. */
export async function* ahead<Item>(items: AsyncIterable<Item> | Iterable<Item>): AsyncGenerator<Item, void, void> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const ask = () => {
    const next = (async () => iterator.next())();
    next.catch(() => {}); // it is thrown where it is awaited, which may be never
    return next;
  };
  let pending = ask();
  try {
    for (;;) {
      const result = await pending;
      if (result.done) return;
      pending = ask();
      yield result.value;
    }
  } finally {
    await pending.catch(() => {});
    await iterator.return?.();
  }
}
