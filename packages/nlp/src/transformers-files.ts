/** What all folders have in common that plain transformers.js runs a text classifier from, before they are written anywhere. */
import { tf, UserError } from '@attune/core';

/** A folder's contents by path, with forward slashes. */
export type FolderFiles = ReadonlyMap<string, Uint8Array>;

/** The model's place in the folder. */
export const MODEL_FILE = 'onnx/model.onnx';

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

/** A JSON file. */
export function jsonFile(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}
