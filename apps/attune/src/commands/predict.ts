/** `attune predict`: names images with the network of a finished run. */
import type { ViewsName } from '@attune/vision';
import { predictRun } from '@attune/vision';
import { percent } from '../terminal/table.ts';
import type { CommandOptions } from './command-options.ts';
import { backendOf, outputOf } from './command-options.ts';

export interface PredictCommandOptions extends CommandOptions {
  readonly top: number;
  readonly tta: ViewsName;
  readonly onBroken: 'skip' | 'refuse';
}

export async function predictCommand(
  run: string,
  inputs: readonly string[],
  options: PredictCommandOptions,
): Promise<void> {
  const output = outputOf(options);
  await backendOf(options);
  const predictions = await predictRun(run, inputs, {
    top: options.top,
    views: options.tta,
    onBroken: options.onBroken,
  });
  const lines = predictions.map(({ file, classes, fault }) =>
    classes === undefined
      ? `${file}: not read: ${fault}`
      : `${file}: ${classes.map(({ label, probability }) => `${label} ${percent(probability)}`).join(', ')}`,
  );
  output.result({ run, predictions }, lines.join('\n'));
}
