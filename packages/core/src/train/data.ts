/**
 * Where examples come from: a source gives each epoch's batches anew, fixed by the seed and the epoch alone, from any
 * batch on. So a position is all that an interrupted run must remember.
 */
import type { Random } from '../random.ts';
import { balancedOrder } from './class-balance.ts';

/** Numbers as a network takes them: images and features are floats, the numbers of words integers. */
export type InputValues = Float32Array | Int32Array;

/** Some examples, 1 to the batch size. The arrays are given away: the source must not write to them again. */
export interface Batch {
  /** Values of all examples, row after row: labels.length times the product of `shape`. */
  readonly inputs: InputValues;
  /** Shape of one example, such as [224, 224, 3]. Batches may differ in it, as texts in length; each shape is compiled once. */
  readonly shape: readonly number[];
  /** Class of each example; where it has several labels or is a sequence, only the length counts: fill it with -1. */
  readonly labels: Int32Array;
  /**
   * [N, classes], where the target is not the label alone: a distribution over the classes for each example (mixup), or,
   * for the sigmoid loss, 1 for every label that it has.
   */
  readonly targets?: Float32Array;
  /** [N, T] for the next-token loss: the number of the token to be named at each place, -1 where none is. */
  readonly tokens?: Int32Array;
  /** Set in a run of two tasks, on batches of the source's; sources leave it out. See `twoTaskBatches`. */
  readonly task?: 'source';
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
  /** Class of each example, where it is known without reading them: what balanced class weights are counted from. */
  readonly labels?: ArrayLike<number>;
  /** All of `batchSize` examples but the last, which has what is left. */
  batches(request: EpochRequest): AsyncIterable<Batch> | Iterable<Batch>;
}

export interface ExamplesInMemory {
  readonly inputs: InputValues;
  readonly shape: readonly number[];
  /** Class of each example; with `targets` only the length counts. */
  readonly labels: ArrayLike<number>;
  /** As in a batch: [N, classes]. */
  readonly targets?: Float32Array;
  /** As in a batch: [N, T]. */
  readonly tokens?: Int32Array;
  /** In another order every epoch; `balanced`: every class is drawn equally often. Default false. */
  readonly shuffle?: boolean | 'balanced';
}

/** A source over arrays, such as cached features. @throws RangeError when their lengths do not agree. */
export function examplesInMemory(examples: ExamplesInMemory): ExampleSource {
  const { inputs, shape, labels, targets, tokens, shuffle = false } = examples;
  const count = labels.length;
  const classes = targets === undefined ? 0 : targets.length / count;
  const places = tokens === undefined ? 0 : tokens.length / count;
  const stride = shape.reduce((product, size) => product * size, 1);
  if (count === 0) throw new RangeError('there are no examples');
  if (inputs.length !== count * stride)
    throw new RangeError(
      `${count} examples of ${stride} values need ${count * stride}, and there are ${inputs.length}`,
    );
  if (!Number.isInteger(classes))
    throw new RangeError(`${targets?.length} targets are not as many for each of ${count} examples`);
  if (!Number.isInteger(places))
    throw new RangeError(`${tokens?.length} tokens are not as many for each of ${count} examples`);
  const orderOf = (random: Random) => {
    if (shuffle === 'balanced') return balancedOrder(labels, random);
    return shuffle ? random.permutation(count) : Array.from({ length: count }, (_, i) => i);
  };
  return {
    count,
    ...(targets === undefined && tokens === undefined && { labels }),
    *batches({ batchSize, firstBatch, random }) {
      const order = orderOf(random);
      for (let start = firstBatch * batchSize; start < count; start += batchSize) {
        const rows = order.slice(start, start + batchSize);
        yield {
          inputs: gather(inputs, rows, stride),
          shape,
          labels: Int32Array.from(rows, (row) => labels[row]!),
          ...(targets !== undefined && { targets: gather(targets, rows, classes) }),
          ...(tokens !== undefined && { tokens: gather(tokens, rows, places) }),
        };
      }
    },
  };
}

function gather<Values extends InputValues>(values: Values, rows: readonly number[], stride: number): Values {
  const gathered = newLike(values, rows.length * stride);
  rows.forEach((row, i) => {
    gathered.set(values.subarray(row * stride, (row + 1) * stride), i * stride);
  });
  return gathered;
}

/** Zeros of the same type. */
export function newLike<Values extends InputValues>(values: Values, length: number): Values {
  return (values instanceof Int32Array ? new Int32Array(length) : new Float32Array(length)) as Values;
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
