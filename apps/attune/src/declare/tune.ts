/** `attune tune`, domain by domain. */
import { type Command, Option } from 'commander';
import { common, numberFromZero, onBroken, positiveNumber, shareBelowOne, wholeNumber } from './options.ts';
import { readingOptions } from './text-options.ts';

/** Core's PLAN_NAMES, which a test compares with it: core would bring TensorFlow.js along. */
const PLANS = [
  'scratch',
  'linear-probe',
  'full',
  'discriminative',
  'gradual',
  'probe-then-full',
  'l2-sp',
  'delta',
  'distill',
  'wise',
  'bitfit',
  'auto-rgn',
  'lora',
  'adapters',
  'modular',
  'modular-tuned',
  'last-K',
  'surgical-GROUP',
  'probe-at-LAYER',
];

/** Nlp's TEXT_PLAN_NAMES, likewise. */
const TEXT_PLANS = [
  ...PLANS.filter((name) => !name.startsWith('modular')),
  ...['init-EHO', 'mult', 'mult-init-EHO', 'setfit'],
];

export function declareTune(program: Command): void {
  const tune = program.command('tune').description('fine-tune a pre-trained network');
  runOptions(
    trainingOptions(
      tune
        .command('vision')
        .description('fine-tune on a folder of images; without --data on the embedded task')
        .option('--data <place>', 'folder with a folder for each class, CSV manifest, or name of a data set')
        .option('--from <model>', 'pre-trained network, see `models list` (default: shapes_cnn)')
        .option('--weights <file>', "the network's weights, instead of looking for them")
        .option(
          '--plan <name|file>',
          `auto (what \`advise vision\` recommends), a JSON file, or ${PLANS.join(', ')} (default: full)`,
        ),
      'images',
    )
      .addOption(
        new Option('--labels <kind>', 'whether a manifest has labels like a|b (default: if any line has a |)').choices([
          'single',
          'multi',
        ]),
      )
      .option('--mixup <alpha>', 'blend each image with another, by a share from Beta(alpha, alpha)', numberFromZero)
      .option('--cutmix <alpha>', 'replace a part of each image by that of another, likewise', numberFromZero)
      .option('--size <px>', 'side of the input', wholeNumber(1))
      .option('--seed <n>', 'fixes splits, head, order and all that is drawn (default: 0)', wholeNumber(0))
      .addOption(onBroken())
      .option('--no-cache', 'do not keep features of frozen trunks for later runs'),
  ).action(async (options) => (await import('../commands/tune-vision.ts')).tuneVisionCommand(options));

  runOptions(
    trainingOptions(
      readingOptions(
        tune
          .command('nlp')
          .description('fine-tune on labelled texts or pairs of texts; without --data on an embedded task')
          .option('--data <place>', 'table (CSV, TSV, JSON lines, Parquet), folder, or name of a data set'),
      )
        .option(
          '--from <model>',
          'lstm, text-cnn, bi-lstm, cnn-pair (random values); a run or .safetensors of one; an encoder: tiny_bert, a folder, or a name on the Hugging Face hub',
        )
        .option('--vectors <file>', 'GloVe, word2vec or fastText vectors for word-level networks')
        .option(
          '--plan <name|file>',
          `auto (what \`advise nlp\` recommends), a JSON file, or ${TEXT_PLANS.join(', ')} (default: what suits the source)`,
        ),
      'texts',
    )
      .option('--source-data <place>', "texts of the source's task, for plans that go on learning it (mult)")
      .option('--max-length <n>', 'words, or tokens of an encoder, that are kept of a text', wholeNumber(1))
      .option('--min-count <n>', 'words that come less often are unknown', wholeNumber(1))
      .option('--embedding-size <n>', 'numbers in a word vector', wholeNumber(1))
      .option('--hidden-size <n>', 'size of the hidden layers of a word-level network', wholeNumber(1))
      .option('--dropout <share>', "share of the head's inputs that training drops", shareBelowOne)
      .option(
        '--pairs-per-text <n>',
        'pairs of a class, and as many of two, for every text, with plan setfit',
        wholeNumber(1),
      )
      .option('--offline', 'never fetch a model')
      .option('--seed <n>', 'fixes splits, what is drawn, and the order (default: 0)', wholeNumber(0))
      .option('--no-cache', 'do not keep embeddings of frozen encoders for later runs'),
  ).action(async (options) => (await import('../commands/tune-nlp.ts')).tuneNlpCommand(options));
}

/** How it is trained, whatever of. */
function trainingOptions(command: Command, examples: 'images' | 'texts'): Command {
  return command
    .option('--epochs <n>', `passes over the training ${examples}`, wholeNumber(1))
    .option('--batch <n>', `${examples} of one update`, wholeNumber(1))
    .option('--lr <rate>', 'highest learning rate', positiveNumber)
    .option('--weight-decay <x>', 'decoupled weight decay', numberFromZero)
    .addOption(
      new Option(
        '--balance <how>',
        'make rare classes count: draw all equally often, or weigh them in the loss',
      ).choices(['sampling', 'weights']),
    )
    .option('--patience <epochs>', 'stop after so many epochs without a better validation', wholeNumber(1));
}

/** Where the run is kept, and what becomes of one that was broken off. */
function runOptions(command: Command): Command {
  return common(
    command
      .option('--seeds <n>', 'runs, from --seed on: their mean and spread', wholeNumber(1))
      .option('--out <dir>', 'folder of the run (default: a new one in runs/)')
      .option('--resume', 'go on with the run in --out where it was broken off')
      .option('--checkpoint-seconds <s>', 'least time between checkpoints (default: 30)', numberFromZero)
      .option('--no-report', 'do not write report.html'),
  );
}
