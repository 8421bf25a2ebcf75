/**
 * The commands, their options, and what happens when one fails. Each command's code is loaded when it is called, so that
 * `--help` does not wait for TensorFlow.js.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { failureOf } from './terminal/failure.ts';
import { keepStdoutClean } from './terminal/output.ts';
import { VERSION } from './version.ts';

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
].join(', ');

/** Runs the program. @returns The exit status: 0 done, 1 failed, 2 bad arguments or bad input. */
export async function runProgram(args: readonly string[]): Promise<0 | 1 | 2> {
  if (args.includes('--json')) keepStdoutClean();
  try {
    await buildProgram().parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) return 0;
    process.stderr.write(`attune: ${failure.message}\n`);
    if (args.includes('--debug') && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    if (args.includes('--json')) process.stdout.write(`${JSON.stringify({ error: failure }, null, 2)}\n`);
    return failure.status;
  }
}

function buildProgram(): Command {
  const program = new Command('attune')
    .description('Fine-tunes pre-trained neural networks.')
    .version(VERSION)
    .exitOverride()
    // The one line of an error is written by runProgram.
    .configureOutput({ outputError: () => {} })
    .helpCommand(false)
    .configureHelp({ sortSubcommands: false });

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
  ).action(async (options) => (await import('./commands/advise-vision.ts')).adviseVisionCommand(options));

  const tune = program.command('tune').description('fine-tune a pre-trained network');
  common(
    tune
      .command('vision')
      .description('fine-tune on a folder of images; without --data on the embedded task')
      .option('--data <place>', 'folder with a folder for each class, CSV manifest, or name of a data set')
      .option('--from <model>', 'pre-trained network, see `models list` (default: shapes_cnn)')
      .option('--weights <file>', "the network's weights, instead of looking for them")
      .option(
        '--plan <name|file>',
        `auto (what \`advise vision\` recommends), a JSON file, or ${PLANS} (default: full)`,
      )
      .option('--epochs <n>', 'passes over the training images', wholeNumber(1))
      .option('--batch <n>', 'images of one update', wholeNumber(1))
      .option('--lr <rate>', 'highest learning rate', positiveNumber)
      .option('--weight-decay <x>', 'decoupled weight decay', numberFromZero)
      .addOption(
        new Option(
          '--balance <how>',
          'make rare classes count: draw all equally often, or weigh them in the loss',
        ).choices(['sampling', 'weights']),
      )
      .addOption(
        new Option('--labels <kind>', 'whether a manifest has labels like a|b (default: if any line has a |)').choices([
          'single',
          'multi',
        ]),
      )
      .option('--mixup <alpha>', 'blend each image with another, by a share from Beta(alpha, alpha)', numberFromZero)
      .option('--cutmix <alpha>', 'replace a part of each image by that of another, likewise', numberFromZero)
      .option('--patience <epochs>', 'stop after so many epochs without a better validation', wholeNumber(1))
      .option('--size <px>', 'side of the input', wholeNumber(1))
      .option('--seed <n>', 'fixes splits, head, order and all that is drawn (default: 0)', wholeNumber(0))
      .option('--out <dir>', 'folder of the run (default: a new one in runs/)')
      .option('--resume', 'go on with the run in --out where it was broken off')
      .option('--checkpoint-seconds <s>', 'least time between checkpoints (default: 30)', numberFromZero)
      .addOption(onBroken())
      .option('--no-cache', 'do not keep features of frozen trunks for later runs')
      .option('--no-report', 'do not write report.html'),
  ).action(async (options) => (await import('./commands/tune-vision.ts')).tuneVisionCommand(options));

  common(
    program
      .command('predict')
      .description("name images with a run's network")
      .argument('<run>', 'folder of the run')
      .argument('<input...>', 'images, or folders of images')
      .option('--top <n>', 'classes that are given for each image', wholeNumber(1), 5)
      .addOption(testTimeAugmentation())
      .addOption(onBroken()),
  ).action(async (run, inputs, options) =>
    (await import('./commands/predict.ts')).predictCommand(run, inputs, options),
  );

  common(
    program
      .command('eval')
      .description("evaluate a run's network on a data set")
      .argument('<run>', 'folder of the run')
      .option('--data <place>', "folder, CSV manifest or name (default: the run's own)")
      .addOption(new Option('--split <name>', 'which images').choices(['train', 'validation', 'test', 'all']))
      .addOption(testTimeAugmentation())
      .addOption(onBroken()),
  ).action(async (run, options) => (await import('./commands/eval.ts')).evalCommand(run, options));

  common(
    program
      .command('export')
      .description("write a run's network for use elsewhere")
      .argument('<run>', 'folder of the run')
      .addOption(
        new Option('--format <name>', 'format').choices(['onnx', 'safetensors', 'tfjs']).makeOptionMandatory(true),
      )
      .requiredOption('--out <file>', 'file to write (tfjs: model.json, the weights beside it)'),
  ).action(async (run, options) => (await import('./commands/export.ts')).exportCommand(run, options));

  const models = program.command('models').description('the pre-trained networks there are');
  common(models.command('list').description('all networks, and which weights are on this machine')).action(
    async (options) => (await import('./commands/models.ts')).listModelsCommand(options),
  );
  common(models.command('show').description('all about a network').argument('<name>')).action(async (name, options) =>
    (await import('./commands/models.ts')).showModelCommand(name, options),
  );

  const data = program.command('data').description('the data sets there are');
  common(data.command('list').description('embedded data sets, and those below $ATTUNE_DATA')).action(async (options) =>
    (await import('./commands/data.ts')).listDataCommand(options),
  );
  common(data.command('show').description('classes and counts of a data set').argument('<name>')).action(
    async (name, options) => (await import('./commands/data.ts')).showDataCommand(name, options),
  );

  common(
    program
      .command('demo')
      .description('fine-tune the embedded network from scratch, by a linear probe and fully, and compare')
      .option('--seeds <n>', 'runs of each plan (default: 3, or fewer if slow)', wholeNumber(1))
      .option('--out <dir>', 'folder of the runs (default: a new one in runs/)')
      .option('--report <file>', 'where the comparison is written', 'report.html'),
  ).action(async (options) => (await import('./commands/demo.ts')).demoCommand(options));

  common(
    program
      .command('report')
      .description('compare runs and studies: a table here, curves and differences in a page')
      .argument('<path...>', 'folders of runs, folders that hold some, or logs of studies (.jsonl)')
      .option(
        '--metric <name>',
        'what to compare by (default: mean average precision, accuracy, or the first there is)',
      )
      .option('--out <file>', 'where the page is written', 'report.html'),
  ).action(async (paths, options) => (await import('./commands/report.ts')).reportCommand(paths, options));

  common(
    program
      .command('bench')
      .description('measure the speed of eight workloads')
      .option('--only <names>', 'workloads, separated by commas', commaList)
      .option('--against <names>', 'frameworks beside this one: torch, tfjs-cpu, tfjs-wasm', commaList)
      .option('--repeats <n>', 'timed runs of each (default: 15)', wholeNumber(1)),
  ).action(async (options) => (await import('./commands/bench.ts')).benchCommand(options));

  common(
    program.command('doctor').description('backends, devices, threads, versions, data, and what is missing'),
  ).action(async (options) => (await import('./commands/doctor.ts')).doctorCommand(options));
  return program;
}

/** Options of every command. */
function common(command: Command): Command {
  return command
    .option(
      '--backend <name>',
      'what to compute on: onnx, onnx:webgpu, cpu, ... (default: $ATTUNE_BACKEND, or the best)',
    )
    .option('--json', 'print the result as one JSON document')
    .option('--quiet', 'no progress')
    .option('--debug', 'show where an error came from');
}

function onBroken(): Option {
  return new Option('--on-broken <what>', 'images that cannot be read: an error, or left out and reported')
    .choices(['refuse', 'skip'])
    .default('refuse');
}

function testTimeAugmentation(): Option {
  return new Option('--tta <views>', 'looks at each image, whose probabilities are averaged: 1, 2 or 10')
    .choices(['centre', 'flip', 'five-crop+flip'])
    .default('centre');
}

function commaList(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`);
    return value;
  };
}

function positiveNumber(text: string): number {
  const value = numberFromZero(text);
  if (value === 0) throw new InvalidArgumentError('It must be above 0.');
  return value;
}

function numberFromZero(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('It must be a number of at least 0.');
  return value;
}
