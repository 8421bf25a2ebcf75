/**
 * Language models in files: folders as Hugging Face lays them out (`config.json`, `model.safetensors`, and `tokenizer.json` with
 * `tokenizer_config.json`, or llama2.c's tokenizer as `tokenizer.bin`), and llama2.c's model files, packed by gzip or not. What is
 * read may have been made by a stranger.
 */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { readSafetensors, UserError, writeSafetensors } from '@attune/core';
import { writeFileAtomic } from '@attune/core/node';
import { readJsonFile } from '../read-json.ts';
import { BpeTokenizer } from './bpe-tokenizer.ts';
import { decoderCheckpoint, openTensors } from './checkpoint-names.ts';
import { decoderConfigJson, parseDecoderConfig } from './config.ts';
import type { DecoderNetwork } from './decoder-network.ts';
import { type LanguageModel, requireTokensFit } from './language-model.ts';
import { readLlama2c } from './llama2c-file.ts';
import { Llama2cTokenizer } from './llama2c-tokenizer.ts';
import type { LanguageTokenizer } from './tokenizer.ts';

const FILES = {
  config: 'config.json',
  weights: 'model.safetensors',
  tokenizer: 'tokenizer.json',
  tokenizerConfig: 'tokenizer_config.json',
  llama2cTokenizer: 'tokenizer.bin',
} as const;

/** Unpacked bytes at most: those of the largest network that is read, and its tables. */
const MOST_BYTES = 9e9;

export interface OpenLanguageModelOptions {
  /** The tokenizer of a llama2.c model, a file. Default: `tokenizer.bin` beside it. */
  readonly tokenizer?: string | undefined;
}

/**
 * @param path A folder, or a llama2.c model file.
 * @throws UserError when a file is missing, damaged or of another architecture, or the files do not fit each other.
 */
export async function openLanguageModel(path: string, options: OpenLanguageModelOptions = {}): Promise<LanguageModel> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined)
    throw new UserError(`There is no ${path}.`, 'Give a folder with a config.json, or a llama2.c model file.');
  const network = found.isDirectory() ? await openCheckpoint(resolve(path)) : await openLlama2c(path);
  try {
    const tokenizer = found.isDirectory()
      ? await openTokenizer(resolve(path))
      : await openLlama2cTokenizer(options.tokenizer ?? join(dirname(path), FILES.llama2cTokenizer));
    const model = { network, tokenizer };
    requireTokensFit(model, path);
    return model;
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/**
 * Writes a folder that `openLanguageModel` and, but for the tokenizer of llama2.c, Hugging Face's libraries read; the weights
 * last. LoRA must be merged by now. @throws UserError as the disk says, or for a network with anything added.
 */
export async function saveLanguageModel({ network, tokenizer }: LanguageModel, directory: string): Promise<void> {
  const added = network.layerGroups.find((group) => group.added);
  if (added !== undefined)
    throw new UserError(`${network.name} has '${added.name}', which such a folder cannot hold.`, 'Merge LoRA before.');
  const write = (name: string, content: Uint8Array | string) => writeFileAtomic(join(directory, name), content);
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  await write(FILES.config, json(decoderConfigJson({ ...network.config, tied: network.tied })));
  if (tokenizer instanceof Llama2cTokenizer) await write(FILES.llama2cTokenizer, tokenizer.file);
  if (tokenizer instanceof BpeTokenizer) {
    await write(FILES.tokenizer, json(tokenizer.json));
    await write(FILES.tokenizerConfig, json(tokenizer.config));
  }
  await write(FILES.weights, writeSafetensors(await decoderCheckpoint(network), { format: 'pt' }));
}

async function openCheckpoint(folder: string): Promise<DecoderNetwork> {
  const configFile = join(folder, FILES.config);
  const config = parseDecoderConfig(await readJsonFile(configFile), configFile);
  const file = join(folder, FILES.weights);
  return openTensors(readSafetensors(await readBytes(file), file).tensors, config, basename(folder), file);
}

async function openTokenizer(folder: string): Promise<LanguageTokenizer> {
  const own = join(folder, FILES.llama2cTokenizer);
  if (await stat(own).catch(() => undefined)) return openLlama2cTokenizer(own);
  const [json, config] = [join(folder, FILES.tokenizer), join(folder, FILES.tokenizerConfig)];
  return new BpeTokenizer(await readJsonFile(json), await readJsonFile(config), json);
}

async function openLlama2c(path: string): Promise<DecoderNetwork> {
  const bytes = await readBytes(path);
  const name = basename(path)
    .replace(/\.gz$/, '')
    .replace(/\.bin$/, '');
  return readLlama2c(path.endsWith('.gz') ? await unpacked(bytes, path) : bytes, name);
}

async function openLlama2cTokenizer(path: string): Promise<LanguageTokenizer> {
  return new Llama2cTokenizer(await readBytes(path), path);
}

async function unpacked(bytes: Uint8Array, path: string): Promise<Uint8Array> {
  // Numbers hardly pack: what unpacks to many times its size is no model.
  const maxOutputLength = Math.min(64 * bytes.byteLength + 1024, MOST_BYTES);
  return promisify(gunzip)(bytes, { maxOutputLength }).catch((error: Error) => {
    throw new UserError(`${path} cannot be unpacked (${error.message}).`, 'It is damaged; get it anew.', {
      cause: error,
    });
  });
}

async function readBytes(path: string): Promise<Uint8Array> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(
      `${path} cannot be read (${error.code}).`,
      'A language model needs its weights and its tokenizer.',
      {
        cause: error,
      },
    );
  });
}
