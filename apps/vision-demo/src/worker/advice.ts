/** What the data advises: how much there is, and which layer's features tell its classes apart. */
import type { Network } from '@attune/core';
import type { Advice, Depth, OnProgress } from '../api.ts';
import type { Splits } from './collection.ts';
import { layerFeatures } from './layer-features.ts';
import { crossValidatedAccuracy } from './ridge-probe.ts';

/**
 * @param network Pre-trained.
 * @param onProgress Told of the images that are done.
 */
export async function advice(
  network: Network,
  classes: readonly string[],
  splits: Splits,
  onProgress: OnProgress,
): Promise<Advice> {
  const examples = splits.train;
  const labels = examples.map(({ label }) => label);
  const layers = await layerFeatures(network, examples, onProgress);
  const depths = layers.map(
    ({ layer, values, size }): Depth => ({
      layer,
      accuracy: crossValidatedAccuracy(values, size, labels, classes.length),
    }),
  );
  const counts = classes.map((_, label) => labels.filter((own) => own === label).length);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const last = depths.at(-1)!;
  const best = depths.reduce((a, b) => (b.accuracy >= a.accuracy ? b : a));
  // Below this, a difference between layers is as likely to be chance: one standard error of a share.
  const error = Math.sqrt((best.accuracy * (1 - best.accuracy)) / examples.length);
  const deep = best.accuracy - last.accuracy <= error;
  return {
    findings: [
      {
        name: 'Training images',
        value: String(examples.length),
        meaning: least === most ? `${least} of each of ${classes.length} classes` : `${least} to ${most} a class`,
      },
      {
        name: 'On top',
        value: percent(last.accuracy),
        meaning: `of a linear probe on ${last.layer}, cross-validated`,
      },
      {
        name: 'Best layer',
        value: deep ? last.layer : best.layer,
        meaning: deep
          ? 'no earlier layer tells the classes apart better'
          : `${percent(best.accuracy)}: what the layers above it have learnt does not fit these images`,
      },
    ],
    depths,
    chance: most / examples.length,
    recommended: deep
      ? {
          plan: 'linear-probe',
          why: `The top layer's features tell the classes apart as well as any (${percent(last.accuracy)}). Whether it pays to move the trunk too, only trying tells.`,
        }
      : {
          plan: `probe-at-${best.layer}`,
          why: `${best.layer} tells the classes apart in ${percent(best.accuracy)}, the top layer in ${percent(last.accuracy)}. Whether it pays to move the trunk instead, only trying tells.`,
        },
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
