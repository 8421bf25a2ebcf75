/** `attune predict`: names images or texts by the model of a finished run. */
import { domainOf, refuseOption } from '../input/domain.ts';
import type { PredictTextsOptions } from './predict-nlp.ts';
import type { PredictVisionOptions } from './predict-vision.ts';

export type PredictCommandOptions = PredictVisionOptions & PredictTextsOptions;

export async function predictCommand(
  run: string,
  inputs: readonly string[],
  options: PredictCommandOptions,
): Promise<void> {
  const domain = await domainOf(run);
  switch (domain) {
    case 'vision':
      for (const name of ['data', 'text', 'pair', 'encoding', 'out'] as const)
        refuseOption(options[name] !== undefined, `--${name}`, run, 'texts');
      return (await import('./predict-vision.ts')).predictImages(run, inputs, options);
    case 'nlp':
      refuseOption(options.tta !== 'centre', '--tta', run, 'images');
      return (await import('./predict-nlp.ts')).predictTextsCommand(run, inputs, options);
    default:
      domain satisfies never;
  }
}
