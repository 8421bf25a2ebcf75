/** What the program says when it fails: one line, an exit status, and the stack only when it is asked for. */
import { CommanderError } from 'commander';

export interface Failure {
  /** One line. */
  readonly message: string;
  /** 1: the program failed; 2: bad arguments or bad input. */
  readonly status: 1 | 2;
}

/** The failure that an error is; undefined for what commander throws after it has printed help or the version. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return undefined;
    if (error.code === 'commander.help') return { message: 'There is no command. See attune --help.', status: 2 };
    return { message: oneLine(`${error.message.replace(/^error: |\.$/g, '')}. See attune --help.`), status: 2 };
  }
  // By its name: importing core's class would load TensorFlow.js for nothing but --help.
  if (error instanceof Error && error.name === 'UserError') return { message: oneLine(error.message), status: 2 };
  if (error instanceof Interrupted) return { message: error.message, status: 1 };
  const message = error instanceof Error ? error.message : String(error);
  return { message: oneLine(`${message} (an unexpected error; --debug shows where)`), status: 1 };
}

/** The user stopped the program. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}
