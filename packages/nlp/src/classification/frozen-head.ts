/** A head of a frozen encoder in a file: the matrix and bias, and which encoder they are of. */
import { readFile } from 'node:fs/promises';
import { readSafetensors, UserError, writeSafetensors } from '@attune/core';
import { writeFileAtomic } from '@attune/core/node';
import type { LinearHead } from '../linear-head.ts';

const FORMAT = 'attune-sentence-head-1';

export interface FrozenHead {
  readonly head: LinearHead;
  /** Folder of the encoder, or its name on the hub. */
  readonly encoder: string;
  /** Of the encoder and the options that embeddings depend on: see `SentenceEncoder`. */
  readonly fingerprint: string;
  readonly maxTokens: number;
  readonly labels: readonly string[];
}

export async function saveFrozenHead(file: string, { head, labels, ...encoder }: FrozenHead): Promise<void> {
  const { size, classes, weights, biases } = head;
  const metadata = { format: FORMAT, encoder: JSON.stringify(encoder), labels: JSON.stringify(labels) };
  const bytes = writeSafetensors(
    [
      ['head.weight', { shape: [size, classes], data: weights }],
      ['head.bias', { shape: [classes], data: biases }],
    ],
    metadata,
  );
  await writeFileAtomic(file, bytes);
}

/** @throws UserError when the file is missing, damaged, or no such head. */
export async function loadFrozenHead(file: string): Promise<FrozenHead> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`${file} cannot be read (${error.code}).`, 'Check the path.', { cause: error });
  });
  const { metadata, tensors } = readSafetensors(bytes, file);
  const damaged = (what: string) => new UserError(`${file} is no head of an encoder: ${what}.`, 'Restore the file.');
  if (metadata.format !== FORMAT) throw damaged(`its format is not ${FORMAT}`);
  const [weight, bias] = [tensors.get('head.weight'), tensors.get('head.bias')];
  const [size, classes] = weight?.shape ?? [];
  if (!(weight?.data instanceof Float32Array) || weight.shape.length !== 2 || !size || !classes)
    throw damaged('it has no matrix');
  if (!(bias?.data instanceof Float32Array) || bias.shape.join() !== `${classes}`)
    throw damaged('its bias does not fit');
  const [about, labels] = ['encoder', 'labels'].map((name) => parse(metadata[name])) as [unknown, unknown];
  const { encoder, fingerprint, maxTokens } = (about ?? {}) as Partial<FrozenHead>;
  if (typeof encoder !== 'string' || typeof fingerprint !== 'string' || !Number.isSafeInteger(maxTokens))
    throw damaged('it does not say which encoder it is of');
  if (!Array.isArray(labels) || labels.length !== classes || !labels.every((label) => typeof label === 'string'))
    throw damaged('it does not name its classes');
  const head = { size, classes, weights: weight.data, biases: bias.data };
  return { head, encoder, fingerprint, maxTokens: maxTokens!, labels };
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
