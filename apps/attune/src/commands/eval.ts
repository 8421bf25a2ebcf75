/** `attune eval`: how well the model of a finished run does on a data set, whatever its domain. */
import { domainOf, refuseOption } from '../input/domain.ts';
import type { EvalTextsOptions } from './eval-nlp.ts';
import type { EvalVisionOptions } from './eval-vision.ts';

export type EvalCommandOptions = EvalVisionOptions & EvalTextsOptions;

export async function evalCommand(run: string, options: EvalCommandOptions): Promise<void> {
  const domain = await domainOf(run);
  switch (domain) {
    case 'vision':
      for (const name of ['text', 'pair', 'label', 'splitColumn', 'encoding'] as const)
        refuseOption(options[name] !== undefined, `--${name.replace('C', '-c')}`, run, 'texts');
      return (await import('./eval-vision.ts')).evalVision(run, options);
    case 'nlp':
      refuseOption(options.tta !== 'centre', '--tta', run, 'images');
      return (await import('./eval-nlp.ts')).evalTexts(run, options);
    default:
      domain satisfies never;
  }
}
