/** What was recorded and not yet run: the pending values that a tensor stands for. */
import { engine } from '@tensorflow/tfjs-core';
import type { GraphSlice } from '../runtime/program.ts';
import { sliceOf } from './slice.ts';
import type { Value } from './value.ts';

/** A recording of this many times its limit is cut wherever it is. */
const HARD_LIMIT = 64;

export class Recording {
  private readonly pending = new Set<Value>();
  /** Values whose run failed. */
  private readonly failed = new Set<Value>();
  private readonly limit: number;
  private length = 0;
  /** The recording was over its limit between two top-level ops, and is cut before the next node. */
  private cutIsDue = false;

  /** `limit` is the number of nodes from which on the recording should be cut. */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** A tensor stands for the value from now on. */
  hold(value: Value): void {
    value.holders++;
    if (value.node !== null) this.pending.add(value);
  }

  /** One tensor less stands for it; what nobody holds is computed only where another value needs it. */
  release(value: Value): void {
    if (--value.holders > 0) return;
    this.pending.delete(value);
    this.failed.delete(value);
  }

  noteNode(): void {
    this.length++;
  }

  noteDisposal(): void {
    if (this.length > this.limit && openScopes() <= 1) this.cutIsDue = true;
  }

  /**
   * A loop that never reads a value records without end. It is cut where tfjs is between two top-level ops, which is the
   * same place in each iteration, so that the pieces are found in the cache.
   */
  get shouldBeCut(): boolean {
    if (this.length <= this.limit) return false;
    return this.cutIsDue || openScopes() <= 1 || this.length > HARD_LIMIT * this.limit;
  }

  /** Everything live; the recording is empty afterwards. */
  take(): readonly Value[] {
    this.length = 0;
    this.cutIsDue = false;
    const values = [...this.pending];
    this.pending.clear();
    return values;
  }

  /** What is missing of values that were taken, and of those whose run failed, as one graph; null when nothing is. */
  sliceFor(taken: readonly Value[]): GraphSlice | null {
    const outputs = [...new Set([...this.failed, ...taken])].filter((value) => value.node !== null);
    this.failed.clear();
    return outputs.length === 0 ? null : sliceOf(outputs);
  }

  /** The run of the slice failed: the next reader tries again and gets the error. */
  putBack(slice: GraphSlice): void {
    for (const value of slice.outputs) if (value.node !== null && value.holders > 0) this.failed.add(value);
  }

  /** The values were computed apart from the rest. */
  markDone(values: readonly Value[]): void {
    for (const value of values) this.pending.delete(value);
  }

  /** Drops what was recorded after node `id`: tensors that a traced step kept, which no run will ever make. */
  forgetSince(id: number): void {
    for (const value of this.pending) if (value.node !== null && value.node.id > id) this.pending.delete(value);
  }
}

/** How many tfjs scopes are open: each tidy and each running op is one. */
function openScopes(): number {
  return (engine().state as unknown as { scopeStack: readonly unknown[] }).scopeStack.length;
}
