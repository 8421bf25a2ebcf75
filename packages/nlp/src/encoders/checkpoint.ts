/**
 * Encoders in folders: `config.json`, `model.safetensors` and the tokenizer's files, as Hugging Face lays them out. What is
 * read may have been made by a stranger; what is written can be read by Hugging Face's libraries where the network is one that
 * they know (a pooler, and nothing added).
 */
import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Added, SafetensorsTensor, TensorToWrite } from '@attune/core';
import { LORA_GROUP, parseAdded, readSafetensors, UserError, writeSafetensors } from '@attune/core';
import { writeFileAtomic } from '@attune/core/node';
import { assignWeights } from '@attune/zoo';
import { readJsonFile } from '../read-json.ts';
import { checkpointConvention, checkpointName, toCheckpoint } from './checkpoint-names.ts';
import type { EncoderConfig } from './config.ts';
import { encoderConfigJson, parseEncoderConfig } from './config.ts';
import type { Pooling } from './encoder-network.ts';
import { EncoderNetwork } from './encoder-network.ts';
import { extendEncoder } from './extend-encoder.ts';
import { SubwordTokenizer } from './subword-tokenizer.ts';

export const CHECKPOINT_FILES = { config: 'config.json', weights: 'model.safetensors' } as const;
/** The first two are needed. */
export const TOKENIZER_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'vocab.txt',
] as const;

export interface LoadEncoderOptions {
  /** Outputs of a new head. Default: the head of the checkpoint is kept. */
  readonly classes?: number | undefined;
  /** Seed of the new head. Default 0. */
  readonly seed?: number | undefined;
  /** Default: what the folder says, else `pooler` where the checkpoint has a trained one, else `mean`. */
  readonly pooling?: Pooling | undefined;
}

export interface LoadedEncoder {
  readonly network: EncoderNetwork;
  readonly tokenizer: SubwordTokenizer;
  /** Names of the classes, where the head of the checkpoint is kept. */
  readonly labels: readonly string[] | undefined;
}

/** What our own folders say besides, in the field `attune` of `config.json`. */
interface OwnFields {
  readonly pooling?: Pooling;
  readonly added?: Added;
}

/**
 * @param directory Holds `config.json`, `model.safetensors`, `tokenizer.json` and `tokenizer_config.json`.
 * @throws UserError when a file is missing, damaged or of another architecture, tensors do not fit, the tokenizer knows more
 *   tokens than the encoder, or no `classes` is given and the checkpoint has no head.
 */
export async function loadEncoder(directory: string, options: LoadEncoderOptions = {}): Promise<LoadedEncoder> {
  const folder = resolve(directory);
  await requireFolder(folder);
  const configFile = join(folder, CHECKPOINT_FILES.config);
  const json = (await readJsonFile(configFile)) as Record<string, unknown>;
  const config = parseEncoderConfig(json, configFile);
  const tokenizer = await loadTokenizer(folder);
  if (tokenizer.size > config.vocabularySize)
    throw new UserError(
      `The tokenizer in ${folder} has tokens up to ${tokenizer.size - 1}, and the encoder knows ${config.vocabularySize}.`,
      'Give the tokenizer that belongs to the encoder.',
    );
  const file = join(folder, CHECKPOINT_FILES.weights);
  const { tensors } = readSafetensors(await readWeightsFile(file), file);
  const own = parseOwn(json.attune, configFile);
  const { classes } = options;
  const kept = classes === undefined ? keptClasses(tensors, config, file) : undefined;
  const has = (name: string) => tensors.has(checkpointConvention(config.family, tensors, true).foreignName(name));
  const pooling = options.pooling ?? own.pooling ?? (has('pooler.weight') ? 'pooler' : 'mean');
  const zeros = ({ shape }: { shape: readonly number[] }) =>
    new Float32Array(shape.reduce((product, size) => product * size, 1));
  const network = new EncoderNetwork({
    name: basename(folder),
    config,
    pooling,
    classes: kept ?? 1,
    values: zeros,
  });
  try {
    if (own.added) extendEncoder(network, own.added, 0);
    const convention = checkpointConvention(config.family, tensors, kept !== undefined);
    assignWeights(network, tensors, { source: file, convention, parts: kept === undefined ? 'trunk' : 'all' });
    if (classes !== undefined) network.resetHead(classes, options.seed ?? 0);
  } catch (error) {
    network.dispose();
    throw error;
  }
  return { network, tokenizer, labels: kept === undefined ? undefined : labelsOf(json, kept) };
}

/** @throws UserError when the folder has no tokenizer that can be read. */
export async function loadTokenizer(directory: string): Promise<SubwordTokenizer> {
  const [json, config] = await Promise.all(
    TOKENIZER_FILES.slice(0, 2).map((name) => readJsonFile(join(directory, name))),
  );
  return new SubwordTokenizer(json, config, join(directory, TOKENIZER_FILES[0]));
}

export interface SaveEncoderOptions {
  readonly tokenizer: SubwordTokenizer;
  /** Names of the classes, in the order of the outputs. */
  readonly labels: readonly string[];
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
  await writeEncoderJson(network, directory, options, { attune: own });
  const tensors = await encoderCheckpoint(network);
  await writeFileAtomic(join(directory, CHECKPOINT_FILES.weights), writeSafetensors(tensors, { format: 'pt' }));
}

/** All parameters with the names and layouts of Hugging Face's classifiers. */
export async function encoderCheckpoint(network: EncoderNetwork): Promise<[string, TensorToWrite][]> {
  const { family } = network.config;
  const tensors: [string, TensorToWrite][] = [];
  for (const parameter of network.parameters.values()) {
    const values = (await parameter.variable.data()) as Float32Array;
    tensors.push([checkpointName(family, parameter.name), toCheckpoint(family, parameter, values)]);
  }
  return tensors;
}

/** `config.json` and the tokenizer's files. */
export async function writeEncoderJson(
  { config }: EncoderNetwork,
  directory: string,
  { tokenizer, labels }: Pick<SaveEncoderOptions, 'tokenizer' | 'labels'>,
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const architecture = { bert: 'Bert', roberta: 'Roberta', distilbert: 'DistilBert' }[config.family];
  const json = {
    architectures: [`${architecture}ForSequenceClassification`],
    ...encoderConfigJson(config),
    problem_type: 'single_label_classification',
    id2label: Object.fromEntries(labels.entries()),
    // Two classes may not have one name: the later number would stand for both.
    label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
    ...more,
  };
  const write = (name: string, value: unknown) =>
    writeFileAtomic(join(directory, name), `${JSON.stringify(value, null, 2)}\n`);
  await write('tokenizer.json', tokenizer.json);
  await write('tokenizer_config.json', tokenizer.config);
  await write(CHECKPOINT_FILES.config, json);
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

/** Outputs of the checkpoint's classifier. */
function keptClasses(tensors: ReadonlyMap<string, SafetensorsTensor>, { family }: EncoderConfig, file: string): number {
  const bias = tensors.get(checkpointName(family, 'head.bias'));
  if (bias?.shape.length === 1 && bias.shape[0]! > 0) return bias.shape[0]!;
  throw new UserError(`The weights in ${file} have no head.`, 'Say how many classes the new one is to have.');
}

function labelsOf(json: Readonly<Record<string, unknown>>, classes: number): string[] | undefined {
  const names = json.id2label;
  if (typeof names !== 'object' || names === null) return undefined;
  const labels = Array.from({ length: classes }, (_, i) => (names as Record<string, unknown>)[i]);
  return labels.every((label) => typeof label === 'string') ? labels : undefined;
}

function parseOwn(value: unknown, source: string): OwnFields {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null) throw new UserError(`${source}: attune is not an object.`);
  const { pooling, added } = value as { pooling?: unknown; added?: unknown };
  if (pooling !== undefined && pooling !== 'pooler' && pooling !== 'cls' && pooling !== 'mean')
    throw new UserError(`${source}: attune.pooling must be pooler, cls or mean.`);
  return {
    ...(pooling === undefined ? {} : { pooling }),
    ...(added === undefined ? {} : { added: parseAdded(added, `${source}, attune.added`) }),
  };
}
