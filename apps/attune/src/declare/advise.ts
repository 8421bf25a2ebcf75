/** `attune advise`, domain by domain. */
import type { Command } from 'commander';
import { common, onBroken, wholeNumber } from './options.ts';
import { readingOptions } from './text-options.ts';

export function declareAdvise(program: Command): void {
  const advise = program.command('advise').description('what a data set advises');
  common(
    advise
      .command('vision')
      .description('scenario of transfer, evidence layer by layer, and the plan to take')
      .option('--data <place>', 'folder with a folder for each class, CSV manifest, or name of a data set')
      .option('--from <model>', 'pre-trained network, see `models list` (default: shapes_cnn)')
      .option('--weights <file>', "the network's weights, instead of looking for them")
      .option('--size <px>', 'side of the input', wholeNumber(1))
      .option('--seed <n>', 'fixes splits, sample and folds', wholeNumber(0), 0)
      .option('--source-data <place>', "images of the network's own training: the distance to them is measured too")
      .option('--trials <n>', 'likeliest plans that are tried on left-out training images; 0: none', wholeNumber(0), 5)
      .option('--validate', 'run the recommended plan and the alternatives, and say whether the advice was right')
      .option('--seeds <n>', 'runs of each plan with --validate', wholeNumber(1), 1)
      .addOption(onBroken())
      .option('--no-cache', 'do not keep an index of the images for later runs'),
  ).action(async (options) => (await import('../commands/advise-vision.ts')).adviseVisionCommand(options));

  common(
    readingOptions(
      advise
        .command('nlp')
        .description('scenario of transfer of labelled texts, evidence layer by layer, and the plans to take')
        .option('--data <place>', 'table (CSV, TSV, JSON lines, Parquet), folder, or name of a data set'),
    )
      .option('--from <model>', 'a run, .safetensors file, folder of an encoder, or name on the Hugging Face hub')
      .option('--source-data <place>', "texts of the source's own training: the distance to them is measured too")
      .option('--offline', 'never fetch a model')
      .option('--seed <n>', 'fixes splits, sample and folds', wholeNumber(0), 0)
      .option('--no-cache', 'do not keep embeddings of frozen encoders for later runs'),
  ).action(async (options) => (await import('../commands/advise-nlp.ts')).adviseNlpCommand(options));
}
