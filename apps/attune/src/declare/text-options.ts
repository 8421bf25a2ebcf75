/** Options that say how files of texts are to be read, for every command that reads some. */
import type { Command } from 'commander';

/** As commander gives them. */
export interface ReadingOptions {
  readonly text?: string;
  readonly pair?: string;
  readonly label?: string;
  readonly splitColumn?: string;
  readonly encoding?: string;
  readonly header?: boolean;
}

export function readingOptions(command: Command): Command {
  return command
    .option('--text <column>', 'name or number of the column of texts (default: by the usual names)')
    .option('--pair <column>', 'column of the second text, where an example is a pair')
    .option('--label <column>', 'column of the classes (default: by the usual names)')
    .option('--split-column <column>', 'column that says train, validation or test (default: split, if there is one)')
    .option('--encoding <name>', 'of the files, such as windows-1252 (default: found from the bytes)')
    .option('--no-header', 'the first line is an example already: columns are named by their numbers');
}
