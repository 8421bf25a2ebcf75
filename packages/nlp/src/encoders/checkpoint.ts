/**
 * Encoders in folders: `config.json`, `model.safetensors` and the tokenizer's files, as Hugging Face lays them out. What is
 * read may have been made by a stranger; what is written can be read by Hugging Face's libraries where the network is one that
 * they know (a pooler, and nothing added).
 */
import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Added } from '@attune/core';
import { LORA_GROUP, UserError, writeSafetensors } from '@attune/core';
import { writeFileAtomic } from '@attune/core/node';
import { readJsonFile } from '../read-json.ts';
import { type EncoderConfig, parseEncoderConfig } from './config.ts';
import { encoderCheckpoint } from './encoder-checkpoint.ts';
import { type ExportEncoderOptions, encoderJson } from './encoder-files.ts';
import type { EncoderNetwork } from './encoder-network.ts';
import {
  type EncoderFiles,
  type LoadEncoderOptions,
  type LoadedEncoder,
  type OwnFields,
  readEncoder,
} from './read-encoder.ts';
import { SubwordTokenizer } from './subword-tokenizer.ts';

export const CHECKPOINT_FILES = { config: 'config.json', weights: 'model.safetensors' } as const;
/** The first two are needed. */
export const TOKENIZER_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'vocab.txt',
] as const;

/**
 * @param directory Holds `config.json`, `model.safetensors`, `tokenizer.json` and `tokenizer_config.json`.
 * @throws UserError when a file is missing, damaged or of another architecture, tensors do not fit, the tokenizer knows more
 *   tokens than the encoder, or no `classes` is given and the checkpoint has no head.
 */
export async function loadEncoder(directory: string, options: LoadEncoderOptions = {}): Promise<LoadedEncoder> {
  const folder = resolve(directory);
  await requireFolder(folder);
  const configFile = join(folder, CHECKPOINT_FILES.config);
  const json = await readJsonFile(configFile);
  // Before the other files are read: what is no encoder needs no tokenizer.
  parseEncoderConfig(json as Record<string, unknown>, configFile);
  const weightsFile = join(folder, CHECKPOINT_FILES.weights);
  const files: EncoderFiles = {
    name: basename(folder),
    config: { json, file: configFile },
    tokenizer: await loadTokenizer(folder),
    weights: { bytes: await readWeightsFile(weightsFile), file: weightsFile },
  };
  return readEncoder(files, options);
}

/** What `config.json` says of the encoder in a folder. @throws UserError when there is none, or it is of no encoder. */
export async function readEncoderConfig(directory: string): Promise<EncoderConfig> {
  const folder = resolve(directory);
  await requireFolder(folder);
  const file = join(folder, CHECKPOINT_FILES.config);
  return parseEncoderConfig((await readJsonFile(file)) as Record<string, unknown>, file);
}

/** @throws UserError when the folder has no tokenizer that can be read. */
export async function loadTokenizer(directory: string): Promise<SubwordTokenizer> {
  const [json, config] = await Promise.all(
    TOKENIZER_FILES.slice(0, 2).map((name) => readJsonFile(join(directory, name))),
  );
  return new SubwordTokenizer(json, config, join(directory, TOKENIZER_FILES[0]));
}

export interface SaveEncoderOptions extends ExportEncoderOptions {
  /** What a plan added to the encoder. LoRA must be merged by now. */
  readonly added?: Added | undefined;
}

/** Writes a folder that `loadEncoder` reads, each file atomically, the weights last. @throws UserError as the disk says. */
export async function saveEncoder(
  network: EncoderNetwork,
  directory: string,
  options: SaveEncoderOptions,
): Promise<void> {
  if (network.layerGroups.some(({ name }) => name === LORA_GROUP))
    throw new Error('LoRA is merged into the weights before an encoder is saved');
  const { adapters, head = 'new' } = options.added ?? {};
  const own: OwnFields = { pooling: network.pooling, ...(adapters ? { added: { head, adapters } } : {}) };
  for (const [name, content] of encoderJson(network, options, { attune: own }))
    await writeFileAtomic(join(directory, name), content);
  const tensors = await encoderCheckpoint(network);
  await writeFileAtomic(join(directory, CHECKPOINT_FILES.weights), writeSafetensors(tensors, { format: 'pt' }));
}

async function requireFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory())
    throw new UserError(`There is no folder ${folder}.`, 'Give the folder of an encoder, with its config.json.');
}

async function readWeightsFile(file: string): Promise<Uint8Array> {
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(
      `${file} cannot be read (${error.code}).`,
      'An encoder that is to be trained needs its weights as one safetensors file.',
      { cause: error },
    );
  });
}
