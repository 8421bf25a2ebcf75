/** Text models by name: the one that comes with the program, and folders below the data directories. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TINY_BERT_DIRECTORY } from '@attune/test-fixtures';
import { dataDirectories } from '@attune/zoo/node';

/** An encoder of two layers of 32 that was pre-trained on the generated texts. */
export const TINY_BERT = 'tiny_bert';

/** The place of a model; the name itself where there is none: it may be an architecture, or on the hub. */
export async function locateTextModel(name: string): Promise<string> {
  const there = (path: string) =>
    stat(path).then(
      () => true,
      () => false,
    );
  if (await there(name)) return name;
  if (name === TINY_BERT) return TINY_BERT_DIRECTORY;
  // A name never leads out of the data directory.
  if (name.split(/[/\\]/).includes('..')) return name;
  for (const directory of dataDirectories())
    for (const file of ['config.json', 'run.json'])
      if (await there(join(directory, name, file))) return join(directory, name);
  return name;
}
