/** What every command is given, and how each begins. */

import type { BackendChoice } from '@attune/core';
import { selectBackend } from '@attune/core';
import type { Output } from '../terminal/output.ts';
import { terminalOutput } from '../terminal/output.ts';

export interface CommandOptions {
  /** Name of the backend that is asked for. */
  readonly backend?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
}

export function outputOf(options: CommandOptions): Output {
  return terminalOutput(options);
}

/** Makes the backend that is asked for, else the best, TensorFlow.js's current one. */
export async function backendOf(options: CommandOptions): Promise<BackendChoice> {
  return selectBackend(options.backend === undefined ? {} : { prefer: options.backend });
}
