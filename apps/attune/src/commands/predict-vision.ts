/** `attune predict` of a run on images: names images with the network of a finished run. */
import type { ViewsName } from '@attune/vision';
import { predictRun } from '@attune/vision';
import { percent } from '../terminal/table.ts';
import type { CommandOptions } from './command-options.ts';
import { backendOf, outputOf } from './command-options.ts';

export interface PredictVisionOptions extends CommandOptions {
  readonly top: number;
  readonly tta: ViewsName;
  readonly onBroken: 'skip' | 'refuse';
}

export async function predictImages(
  run: string,
  inputs: readonly string[],
  options: PredictVisionOptions,
): Promise<void> {
  const output = outputOf(options);
  await backendOf(options);
  const predictions = await predictRun(run, inputs, {
    top: options.top,
    views: options.tta,
    onBroken: options.onBroken,
  });
  const lines = predictions.map(({ file, classes, labels, fault }) => {
    if (classes === undefined) return `${file}: not read: ${fault}`;
    const probabilities = classes.map(({ label, probability }) => `${label} ${percent(probability)}`).join(', ');
    if (labels === undefined) return `${file}: ${probabilities}`;
    return `${file}: ${labels.length > 0 ? labels.join(' | ') : 'no label'} (${probabilities})`;
  });
  output.result({ run, predictions }, lines.join('\n'));
}
