/** One training run that can be stopped and gone on with: its checkpoint is kept in memory. */
import type { Checkpoint, FitOptions } from '@attune/core';
import type { OnTrainingEvent } from '../api.ts';
import { breathe } from './breathe.ts';

/** What a training loop is told so that it can be watched, stopped and gone on with. */
export type RunControls = Required<Pick<FitOptions, 'recorder' | 'checkpointSeconds' | 'signal' | 'progress'>> &
  Pick<FitOptions, 'resume'>;

export class StoppableRun {
  /** Epochs that are done. */
  epochs = 0;
  private readonly loop: (controls: RunControls, onEvent: OnTrainingEvent) => Promise<unknown>;
  private checkpoint: Checkpoint | undefined;

  /** @param loop Trains, from the start or from what it is to resume; rejects with the signal's reason when it is stopped. */
  constructor(loop: (controls: RunControls, onEvent: OnTrainingEvent) => Promise<unknown>) {
    this.loop = loop;
  }

  /**
   * Trains from the start, or on from where it was stopped.
   * @param signal Stops it after the current step.
   * @returns Whether it came to its end.
   */
  async train(onEvent: OnTrainingEvent, signal: AbortSignal): Promise<boolean> {
    const controls: RunControls = {
      recorder: {
        // Between epochs messages are let in too: where features are computed once, no example is asked for.
        epoch: breathe,
        checkpoint: async (checkpoint) => {
          this.checkpoint = checkpoint;
        },
      },
      resume: this.checkpoint,
      // What is kept is kept in this worker's memory: it is enough to keep it when training is stopped.
      checkpointSeconds: Number.POSITIVE_INFINITY,
      signal,
      progress: {
        step: ({ secondsLeft, loss: _, ...step }) =>
          onEvent({ what: 'step', ...step, secondsLeft: secondsLeft ?? null }),
        epoch: (record, epochs) => {
          this.epochs = record.epoch + 1;
          onEvent({ what: 'epoch', record, epochs });
        },
      },
    };
    try {
      await this.loop(controls, onEvent);
      return true;
    } catch (error) {
      if (signal.aborted && error === signal.reason) return false;
      throw error;
    }
  }
}
