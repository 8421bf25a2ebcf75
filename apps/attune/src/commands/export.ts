/** `attune export`: the model of a finished run for other programs. */
import { domainOf } from '../input/domain.ts';
import type { ExportVisionOptions } from './export-vision.ts';

export type ExportCommandOptions = ExportVisionOptions;

export async function exportCommand(run: string, options: ExportCommandOptions): Promise<void> {
  const domain = await domainOf(run);
  switch (domain) {
    case 'vision':
      return (await import('./export-vision.ts')).exportVision(run, options);
    case 'nlp':
      return (await import('./export-nlp.ts')).exportTexts(run, options);
    default:
      domain satisfies never;
  }
}
