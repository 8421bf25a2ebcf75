/** What a training run tells: a record an epoch, a result, and to whom. */
import type { Checkpoint } from './checkpoint.ts';

/** One line of metrics.jsonl. Losses in nats, accuracies in [0, 1]; with the next-token loss, of tokens in place of examples. */
export interface EpochRecord {
  /** Counted from 0. */
  readonly epoch: number;
  /** Updates done so far. */
  readonly step: number;
  /** Mean over the epoch's examples, each as the parameters were when it was seen; without class weights and penalties. */
  readonly 'train/loss': number;
  /** With the sigmoid loss the share of examples with every label right. */
  readonly 'train/accuracy': number;
  readonly 'validation/loss'?: number;
  readonly 'validation/accuracy'?: number;
  /** With the sigmoid loss alone, as the next two; see `multiLabelMetrics`. */
  readonly 'validation/mean_average_precision'?: number;
  readonly 'validation/micro_f1'?: number;
  readonly 'validation/macro_f1'?: number;
  /** Of the epoch's last update. */
  readonly 'charts/learning_rate': number;
  /** Spent on updates, validation left out. */
  readonly 'charts/seconds': number;
  readonly 'charts/examples_per_second': number;
  /**
   * Share of the time that training waited for its next batch, in [0, 1]: near 0, data is loaded as fast as it is learnt
   * from. Absent in records of versions that did not measure it.
   */
  readonly 'charts/stall_share'?: number;
  /** Single numbers that moved. */
  readonly 'charts/trainable_parameters': number;
}

export interface FitResult {
  readonly history: readonly EpochRecord[];
  /** The epoch whose weights the network holds now (or averages with their start): the best by validation, else the last. */
  readonly best: EpochRecord;
  /** Updates done. */
  readonly steps: number;
  readonly stopped: 'epochs' | 'patience';
}

/** Where a run is written down. */
export interface RunRecorder {
  /** Called once for each epoch, in order; after a resume from the checkpoint's epoch on. */
  epoch(record: EpochRecord): Promise<void>;
  /** Keeps the checkpoint in place of the one before: all of it or nothing. */
  checkpoint(checkpoint: Checkpoint): Promise<void>;
}
