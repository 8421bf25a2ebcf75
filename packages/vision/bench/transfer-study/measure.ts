/** One run of a plan: trained on some images, scored on others. */
import { type Example, evaluateImages, startNetwork, trainOnImages } from '@attune/vision';
import type { Candidate } from './plans.ts';
import { settingsOf } from './plans.ts';
import { FIXTURES } from './targets.ts';
import type { Task } from './task.ts';

export interface Run {
  readonly from: string;
  readonly candidate: Candidate;
  readonly task: Task;
  /** Images a class. */
  readonly size: number;
  readonly seed: number;
  readonly train: readonly Example[];
  readonly test: readonly Example[];
  /** Share of the updates. Default 1. */
  readonly share?: number;
}

export interface Outcome {
  readonly metrics: { readonly accuracy: number; readonly loss: number; readonly trainAccuracy: number };
  readonly settings: Record<string, unknown>;
  /** Of each test image, in their order, whether its class was named. */
  readonly right: readonly boolean[];
  /** Training alone. */
  readonly seconds: number;
}

export async function measure({ from, candidate, task, size, seed, train, test, share = 1 }: Run): Promise<Outcome> {
  const { plan } = candidate;
  const settings = settingsOf(candidate, task.target, size, task.classes, share);
  const { network, lora } = await startNetwork({
    from,
    plan,
    classes: task.classes,
    seed,
    size: settings.size,
    dataDirectories: [FIXTURES],
  });
  try {
    const started = performance.now();
    const result = await trainOnImages({ network, plan, seed, settings, train, validation: [] });
    const seconds = Math.round((performance.now() - started) / 10) / 100;
    lora?.mergeAndRemove();
    const { metrics, predictions } = await evaluateImages(network, test);
    const { epochs, learningRate, weightDecay } = settings;
    return {
      metrics: {
        accuracy: metrics.accuracy,
        loss: metrics.loss,
        trainAccuracy: result.history.at(-1)!['train/accuracy'],
      },
      settings: {
        plan: plan.name,
        epochs,
        learningRate,
        weightDecay,
        trainableParameters: result.best['charts/trainable_parameters'],
      },
      right: predictions.map(({ label, prediction }) => label === prediction),
      seconds,
    };
  } finally {
    network.dispose();
  }
}
