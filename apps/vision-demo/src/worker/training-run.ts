/** One training run on images. */
import type { ImageNetwork, TransferPlan } from '@attune/core';
import { StoppableRun } from '@attune/demo-parts/worker';
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

export class TrainingRun extends StoppableRun {
  readonly network: ImageNetwork;
  readonly plan: TransferPlan;
  private readonly source: ImageNetwork | undefined;

  constructor({ network, source, plan, splits, epochs, learningRate }: TrainingRunOptions) {
    const settings = { ...settingsFor(network, plan, splits), epochs, learningRate };
    super((controls, onEvent) =>
      trainOnImages({
        ...controls,
        network,
        source,
        plan,
        seed: SEED,
        settings,
        train: splits.train,
        validation: splits.validation,
        onFeatures: (done, total) => onEvent({ what: 'features', done, total }),
      }),
    );
    this.network = network;
    this.source = source;
    this.plan = plan;
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
