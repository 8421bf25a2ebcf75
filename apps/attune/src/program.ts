/**
 * The commands, their options, and what happens when one fails. Each command's code is loaded when it is called, so that
 * `--help` does not wait for TensorFlow.js.
 */
import { Command, Option } from 'commander';
import { declareAdvise } from './declare/advise.ts';
import { commaList, common, onBroken, testTimeAugmentation, wholeNumber } from './declare/options.ts';
import { readingOptions } from './declare/text-options.ts';
import { declareTune } from './declare/tune.ts';
import { failureOf } from './terminal/failure.ts';
import { keepStdoutClean } from './terminal/output.ts';
import { VERSION } from './version.ts';

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

  declareAdvise(program);
  declareTune(program);

  common(
    program
      .command('predict')
      .description("name images or texts by a run's model")
      .argument('<run>', 'folder of the run')
      .argument('[input...]', 'images or folders of images; or texts, of pairs two at a time')
      .option('--data <file>', 'texts: a table, or a .txt file with one on each line')
      .option('--text <column>', 'column of the texts in --data')
      .option('--pair <column>', 'column of the second texts in --data')
      .option('--encoding <name>', 'of --data (default: found from the bytes)')
      .option('--no-header', '--data begins with a text, and has no names of columns')
      .option('--out <file>', 'write the predictions to a CSV file')
      .option('--top <n>', 'classes that are given for each', wholeNumber(1), 5)
      .addOption(testTimeAugmentation())
      .addOption(onBroken()),
  ).action(async (run, inputs, options) =>
    (await import('./commands/predict.ts')).predictCommand(run, inputs, options),
  );

  common(
    readingOptions(
      program
        .command('eval')
        .description("evaluate a run's model on a data set")
        .argument('<run>', 'folder of the run')
        .option('--data <place>', "folder, table or name (default: the run's own)")
        .addOption(new Option('--split <name>', 'which examples').choices(['train', 'validation', 'test', 'all'])),
    )
      .addOption(testTimeAugmentation())
      .addOption(onBroken()),
  ).action(async (run, options) => (await import('./commands/eval.ts')).evalCommand(run, options));

  common(
    program
      .command('export')
      .description("write a run's model for use elsewhere")
      .argument('<run>', 'folder of the run')
      .addOption(
        new Option('--format <name>', 'format').choices(['onnx', 'safetensors', 'tfjs']).makeOptionMandatory(true),
      )
      .requiredOption(
        '--out <place>',
        'file to write (tfjs: model.json, the weights beside it; texts as onnx: a folder for transformers.js)',
      ),
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
