/** What frozen layers' features tell of a task: which earlier layer a probe likes best, found on the images to learn from. */
import {
  bestEarlierLayer as bestOf,
  depthCurve,
  depthTaps,
  type ImageNetwork,
  type LabelledFeatures,
} from '@attune/core';
import { type Example, tapFeatures } from '@attune/vision';
import { loadPretrained } from '@attune/zoo/node';
import { FIXTURES } from './targets.ts';
import type { Task } from './task.ts';

const kept = new Map<string, string>();

/** The earlier layer that does best in cross-validation on the very images that a run learns from. */
export async function bestEarlierLayer(from: string, task: Task, size: number, seed: number): Promise<string> {
  const key = `${from} ${task.target.name} ${size} ${seed}`;
  const layer = kept.get(key) ?? (await bestEarlierLayerFor(from, task, task.train(size, seed), seed));
  kept.set(key, layer);
  return layer;
}

/** The same, on images at hand. */
export async function bestEarlierLayerFor(
  from: string,
  task: Task,
  train: readonly Example[],
  seed: number,
): Promise<string> {
  const network = await loadPretrained(from, {
    classes: task.classes,
    size: task.target.pixels,
    dataDirectories: [FIXTURES],
  });
  try {
    const features = await tapFeatures(network, train, { taps: depthTaps(network) });
    return bestOf(await depthCurve(features, { seed }))!.layer;
  } finally {
    network.dispose();
  }
}

/** Features of some images at every depth. */
export async function depthFeatures(
  network: ImageNetwork,
  task: Task,
  size: number,
  seed: number,
): Promise<{ train: Map<string, LabelledFeatures>; test: Map<string, LabelledFeatures> }> {
  const taps = depthTaps(network);
  return {
    train: await tapFeatures(network, task.train(size, seed), { taps }),
    test: await tapFeatures(network, task.test, { taps }),
  };
}
