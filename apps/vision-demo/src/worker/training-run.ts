/** One training run, that can be stopped and gone on with: its checkpoint is kept in memory. */
import type { Checkpoint, ImageNetwork, RunRecorder, TransferPlan } from '@attune/core';
import type { OnTrainingEvent } from '@attune/demo-parts/api';
import { breathe } from '@attune/demo-parts/worker';
import { defaultSettings, trainOnImages, type VisionSettings } from '@attune/vision';
import type { Splits } from './collection.ts';

const SEED = 1;

export interface TrainingRunOptions {
  /** As the plan starts it. The run owns it. */
  readonly network: ImageNetwork;
  /** What the plan holds it to, where that is a network. The run owns it. */
  readonly source: ImageNetwork | undefined;
  readonly plan: TransferPlan;
  readonly splits: Splits;
  readonly epochs: number;
  readonly learningRate: number;
}

export class TrainingRun {
  readonly network: ImageNetwork;
  readonly plan: TransferPlan;
  /** Epochs that are done. */
  epochs = 0;
  private readonly source: ImageNetwork | undefined;
  private readonly splits: Splits;
  private readonly settings: VisionSettings;
  private checkpoint: Checkpoint | undefined;
  private stopper: AbortController | undefined;

  constructor({ network, source, plan, splits, epochs, learningRate }: TrainingRunOptions) {
    this.network = network;
    this.source = source;
    this.plan = plan;
    this.splits = splits;
    this.settings = { ...settingsFor(network, plan, splits), epochs, learningRate };
  }

  /** Trains from the start, or on from where it was stopped. @returns Whether it came to its end. */
  async train(onEvent: OnTrainingEvent): Promise<boolean> {
    const stopper = new AbortController();
    this.stopper = stopper;
    const recorder: RunRecorder = {
      // Between epochs messages are let in too: where features are computed once, no image is asked for.
      epoch: breathe,
      checkpoint: async (checkpoint) => {
        this.checkpoint = checkpoint;
      },
    };
    try {
      await trainOnImages({
        network: this.network,
        source: this.source,
        plan: this.plan,
        seed: SEED,
        settings: this.settings,
        train: this.splits.train,
        validation: this.splits.validation,
        recorder,
        resume: this.checkpoint,
        // What is kept is kept in this worker's memory: it is enough to keep it when training is stopped.
        checkpointSeconds: Number.POSITIVE_INFINITY,
        signal: stopper.signal,
        onFeatures: (done, total) => onEvent({ what: 'features', done, total }),
        progress: {
          step: ({ secondsLeft, loss: _, ...step }) =>
            onEvent({ what: 'step', ...step, secondsLeft: secondsLeft ?? null }),
          epoch: (record, epochs) => {
            this.epochs = record.epoch + 1;
            onEvent({ what: 'epoch', record, epochs });
          },
        },
      });
      return true;
    } catch (error) {
      if (stopper.signal.aborted && error === stopper.signal.reason) return false;
      throw error;
    } finally {
      this.stopper = undefined;
    }
  }

  /** Stops after the current step; training that does not run is left as it is. */
  stop(): void {
    this.stopper?.abort();
  }

  /** Gives the trained network away. */
  finish(): ImageNetwork {
    this.source?.dispose();
    return this.network;
  }

  dispose(): void {
    this.finish().dispose();
  }
}

/** Settings that follow from the plan and the data. */
export function settingsFor(network: ImageNetwork, plan: TransferPlan, splits: Splits): VisionSettings {
  return defaultSettings({ plan, network, size: network.preprocessing.size, examples: splits.train.length });
}
