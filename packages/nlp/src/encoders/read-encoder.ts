/**
 * Encoders from the contents of their files, as Hugging Face lays them out. What is read may have been made by a stranger.
 */
import type { Added, SafetensorsTensor } from '@attune/core';
import { parseAdded, readSafetensors, UserError } from '@attune/core';
import { assignWeights } from '@attune/zoo';
import { checkpointConvention, checkpointName } from './checkpoint-names.ts';
import type { EncoderConfig } from './config.ts';
import { parseEncoderConfig } from './config.ts';
import type { Pooling } from './encoder-network.ts';
import { EncoderNetwork } from './encoder-network.ts';
import { extendEncoder } from './extend-encoder.ts';
import type { SubwordTokenizer } from './subword-tokenizer.ts';

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
export interface OwnFields {
  readonly pooling?: Pooling;
  readonly added?: Added;
}

/** What an encoder's folder holds. */
export interface EncoderFiles {
  /** What it is called, and the network too. */
  readonly name: string;
  /** Of `config.json`, parsed; `file` is what it is called in messages. */
  readonly config: { readonly json: unknown; readonly file: string };
  /** Of `model.safetensors`. */
  readonly weights: { readonly bytes: Uint8Array; readonly file: string };
  readonly tokenizer: SubwordTokenizer;
}

/**
 * @throws UserError when a file is damaged or of another architecture, tensors do not fit, the tokenizer knows more tokens than
 *   the encoder, or no `classes` is given and the checkpoint has no head.
 */
export function readEncoder(files: EncoderFiles, options: LoadEncoderOptions = {}): LoadedEncoder {
  const { name, tokenizer } = files;
  const json = files.config.json as Record<string, unknown>;
  const config = parseEncoderConfig(json, files.config.file);
  if (tokenizer.size > config.vocabularySize)
    throw new UserError(
      `The tokenizer of ${name} has tokens up to ${tokenizer.size - 1}, and the encoder knows ${config.vocabularySize}.`,
      'Give the tokenizer that belongs to the encoder.',
    );
  const { file } = files.weights;
  const { tensors } = readSafetensors(files.weights.bytes, file);
  const own = parseOwn(json.attune, files.config.file);
  const { classes } = options;
  const kept = classes === undefined ? keptClasses(tensors, config, file) : undefined;
  const has = (name: string) => tensors.has(checkpointConvention(config.family, tensors, true).foreignName(name));
  const pooling = options.pooling ?? own.pooling ?? (has('pooler.weight') ? 'pooler' : 'mean');
  const zeros = ({ shape }: { shape: readonly number[] }) =>
    new Float32Array(shape.reduce((product, size) => product * size, 1));
  const network = new EncoderNetwork({
    name,
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
