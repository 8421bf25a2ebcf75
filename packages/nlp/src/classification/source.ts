/** What a run starts from, by the name that a user gives: an architecture, a file, a folder, a run, or a model of the hub. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { suggestNames, UserError } from '@attune/core';
import { readAnyRecord } from '@attune/core/node';
import { TEXT_ARCHITECTURES, type TextArchitecture } from '../models/text-network.ts';
import { readFinishedTextRecord, TEXT_RUN_FILES } from './record.ts';

export type TextSourcePlace =
  /** A word-level network with random values. */
  | { readonly kind: 'architecture'; readonly architecture: TextArchitecture }
  /** A word-level network in a file. */
  | { readonly kind: 'words'; readonly file: string }
  /** A folder with the weights of a transformer encoder: it can be trained. */
  | { readonly kind: 'encoder'; readonly folder: string }
  /** A folder, or a name on the hub, of an encoder that transformers.js runs: it stays as it is. */
  | { readonly kind: 'frozen'; readonly model: string };

/** What names on the hub look like: `owner/name`, or a name alone. */
const HUB_NAME = /^[\w.-]+(\/[\w.-]+)?$/;

/** @throws UserError when there is nothing of that name, or it is nothing to start from. */
export async function locateTextSource(from: string): Promise<TextSourcePlace> {
  const architecture = TEXT_ARCHITECTURES.find((name) => name === from);
  if (architecture !== undefined) return { kind: 'architecture', architecture };
  const found = await stat(from).catch(() => undefined);
  if (found === undefined) {
    const near = TEXT_ARCHITECTURES.filter((name) => suggestNames(from, [name]).startsWith('Did'));
    if (HUB_NAME.test(from) && !/^\.|\.safetensors$/.test(from) && near.length === 0)
      return { kind: 'frozen', model: from };
    throw new UserError(
      `There is no model ${from}.`,
      near.length > 0
        ? suggestNames(from, near)
        : `Give the folder of an encoder or of a run, a .safetensors file, the name of a model of the Hugging Face hub, or one of ${TEXT_ARCHITECTURES.join(', ')}.`,
    );
  }
  if (!found.isDirectory()) {
    if (/\.safetensors$/i.test(from)) return { kind: 'words', file: from };
    throw new UserError(
      `${from} is a file, and not one of a word-level network (.safetensors).`,
      'Word vectors are given by --vectors.',
    );
  }
  if ((await readAnyRecord(from)) !== undefined) return ofRun(from);
  const has = async (file: string) => (await stat(join(from, file)).catch(() => undefined)) !== undefined;
  if (await has('model.safetensors')) return { kind: 'encoder', folder: from };
  if ((await has('onnx')) || (await has('config.json'))) return { kind: 'frozen', model: from };
  throw new UserError(
    `${from} holds neither a run nor a model.`,
    'A model is a folder with config.json, tokenizer.json and model.safetensors or onnx/model.onnx.',
  );
}

async function ofRun(folder: string): Promise<TextSourcePlace> {
  const { model, from } = await readFinishedTextRecord(folder);
  switch (model) {
    case 'words':
      return { kind: 'words', file: join(folder, TEXT_RUN_FILES.model) };
    case 'encoder':
      return { kind: 'encoder', folder: join(folder, TEXT_RUN_FILES.encoder) };
    case 'frozen':
      throw new UserError(
        `The run in ${folder} only has a head of its own: its encoder, ${from}, was not changed.`,
        `Start from ${from}.`,
      );
    default:
      return model satisfies never;
  }
}
