/** `attune bench`: the speed of the engine, alone or beside other frameworks. */
import { benchText } from '../bench/table.ts';
import type { CommandOptions } from './command-options.ts';
import { outputOf } from './command-options.ts';

export interface BenchCommandOptions extends CommandOptions {
  readonly only?: readonly string[];
  readonly against?: readonly string[];
  readonly repeats?: number;
}

export async function benchCommand(options: BenchCommandOptions): Promise<void> {
  const output = outputOf(options);
  const { only, against, repeats } = options;
  const { runBench } = await import('../bench/run.ts');
  const record = await runBench({
    ...(only ? { only } : {}),
    ...(against ? { against } : {}),
    ...(repeats ? { repeats } : {}),
    onProgress: (message) => output.note(message),
  });
  output.result(record, benchText(record));
}
