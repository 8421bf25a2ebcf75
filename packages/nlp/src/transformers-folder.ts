/** What all folders have in common that plain transformers.js runs a text classifier from. */
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { tf, UserError } from '@attune/core';
import { explainWriteError, writeFileAtomic } from '@attune/core/node';

/** The model's place in the folder. */
export const MODEL_FILE: string = join('onnx', 'model.onnx');

/** The fields of `config.json` by which classes have names. */
export function labelFields(labels: readonly string[]): Record<string, unknown> {
  return {
    problem_type: 'single_label_classification',
    id2label: Object.fromEntries(labels.entries()),
    // Two classes may not have one name: the later number would stand for both.
    label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
  };
}

/** The backend's package. @throws UserError when the backend in use is another. */
export async function onnxBackend(): Promise<typeof import('@attune/backend-onnx')> {
  if (tf.getBackend() !== 'onnx')
    throw new UserError(`The backend ${tf.getBackend()} cannot write ONNX.`, 'Take the backend onnx.');
  return import('@attune/backend-onnx');
}

export function writeJson(file: string, value: unknown): Promise<void> {
  return writeFileAtomic(file, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Writes beside the place and renames, so that the folder is whole or not there.
 * @throws UserError when it is there already or cannot be written.
 */
export async function writeFolder(directory: string, write: (folder: string) => Promise<void>): Promise<void> {
  const place = resolve(directory);
  let beside: string | undefined;
  try {
    await mkdir(dirname(place), { recursive: true });
    beside = await mkdtemp(join(dirname(place), `.${basename(place)}.`));
    await write(beside);
    await rename(beside, place).catch((error: NodeJS.ErrnoException) => {
      if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(error.code ?? '')) throw error;
      throw new UserError(`${place} is there already.`, 'Choose another folder, or delete it.', { cause: error });
    });
  } catch (error) {
    if (beside !== undefined) await rm(beside, { recursive: true, force: true });
    throw explainWriteError(error, place);
  }
}
