/** Where the study's programs find their data, keep source networks, and write their logs. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tf, UserError, VERSION } from '@attune/core';
import { openStudyLog, type StudyLog } from '@attune/report/node';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Of trained source networks. */
export const CACHE = join(here, '../../node_modules/.cache/transfer-study');
export const RECORDS = join(here, '../records/transfer');

/** The folder that `$ATTUNE_DATA` names. @throws UserError when it names none. */
export function requireData(): string {
  const data = process.env.ATTUNE_DATA;
  if (data === undefined) throw new UserError('ATTUNE_DATA is not set.', 'Set it to the folder that holds nlp/.');
  return data;
}

/** @param program File name of the program that measures. */
export function openTransferLog(program: string, file: string, backend: string): Promise<StudyLog> {
  return openStudyLog(file, {
    study: 'transfer',
    domain: 'nlp',
    command: `packages/nlp/bench/transfer-study/${program}`,
    versions: { attune: VERSION, tensorflow: tf.version_core },
    backend,
  });
}

/** What a file that is not there stands for; any other error is one. */
export const onlyMissing =
  <Value>(value: Value) =>
  (error: NodeJS.ErrnoException): Value => {
    if (error.code === 'ENOENT') return value;
    throw error;
  };
