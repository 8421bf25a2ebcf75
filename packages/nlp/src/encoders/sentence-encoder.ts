/**
 * Frozen encoders that transformers.js runs: any model of the Hugging Face hub with an ONNX file, or a folder of one. A
 * text's embedding is the mean of its tokens' last vectors, or the first of them (Reimers and Gurevych 2019,
 * arXiv:1908.10084, section 3). The library and ONNX Runtime are loaded here, when a model is opened.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { isUserError, UserError } from '@attune/core';
import { dataDirectories } from '@attune/zoo/node';
import type { PreTrainedModel, Tensor } from '@huggingface/transformers';
import { readJsonFile } from '../read-json.ts';
import { loadTokenizer } from './checkpoint.ts';
import type { SubwordTokenizer } from './subword-tokenizer.ts';

type Transformers = typeof import('@huggingface/transformers');

/** Which of a model's files is run: 32-bit floats, or 8-bit integers, a quarter of the download and less exact. */
export type Precision = 'fp32' | 'q8';

const MODEL_FILES: Readonly<Record<Precision, string>> = {
  fp32: 'onnx/model.onnx',
  q8: 'onnx/model_quantized.onnx',
};

export interface DownloadProgress {
  readonly file: string;
  /** Bytes. */
  readonly loaded: number;
  readonly total: number;
}

export interface SentenceEncoderOptions {
  /** Default `mean`. */
  readonly pooling?: 'mean' | 'cls';
  /** Scale every embedding to length 1. Default true. */
  readonly normalised?: boolean;
  /** Default `fp32`. */
  readonly precision?: Precision;
  /** Tokens of a text at most; longer ones are cut. Default: as many as the model takes, at most 512. */
  readonly maxTokens?: number | undefined;
  /** Where downloaded models are kept. Default: `hub` below the first data directory. */
  readonly downloads?: string | undefined;
  /** Never use the network. Default false. */
  readonly offline?: boolean;
  readonly onDownload?: ((progress: DownloadProgress) => void) | undefined;
}

export interface EncodeTextsOptions {
  /** Texts that are done, of all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Positions of a batch, its padding included. */
const BATCH_TOKENS = 2048;
/** Texts that are tokenised ahead and sorted by length: the memory that is used does not grow with the data set. */
const WINDOW = 4096;
const USUAL_TOKENS = 512;

/** @throws UserError when the model is neither a whole folder nor can be fetched, or is no encoder. */
export async function openSentenceEncoder(
  model: string,
  options: SentenceEncoderOptions = {},
): Promise<SentenceEncoder> {
  const { precision = 'fp32', offline = false, onDownload } = options;
  const transformers = await import('@huggingface/transformers');
  // What goes wrong is said in one line of ours.
  transformers.env.logLevel = transformers.LogLevel.NONE;
  const given = await isFolder(model);
  const downloads = resolve(options.downloads ?? join(dataDirectories()[0]!, 'hub'));
  const folder = given ? resolve(model) : join(downloads, model);
  // What was fetched before is a folder too: the library asks the hub for tokenizers whatever it is told.
  const local = given || offline;
  if (local && !(await isFolder(folder)))
    throw new UserError(
      `The model '${model}' is no folder here, and was not fetched before to ${downloads}.`,
      'Check its name, fetch it once without offline, or give a folder with config.json, tokenizer.json and onnx/model.onnx.',
    );
  if (local) await requireFiles(folder, precision);
  const fetching = {
    cache_dir: downloads,
    local_files_only: local,
    ...(onDownload ? { progress_callback: progressOf(onDownload) } : {}),
  };
  let loaded: PreTrainedModel | undefined;
  try {
    const place = local ? folder : model;
    if (!local) await transformers.AutoTokenizer.from_pretrained(place, fetching);
    loaded = await transformers.AutoModel.from_pretrained(place, { ...fetching, dtype: precision, device: 'cpu' });
    const tokenizer = await loadTokenizer(folder);
    const fingerprint = await fingerprintOf(folder, precision);
    const config = (await readJsonFile(join(folder, 'config.json'))) as Record<string, unknown>;
    return new SentenceEncoder({
      transformers,
      model: loaded,
      tokenizer,
      fingerprint,
      config,
      name: folder,
      ...options,
    });
  } catch (error) {
    await loaded?.dispose();
    if (isUserError(error)) throw error;
    const reason = (error as Error).message.split('\n')[0];
    throw new UserError(
      local
        ? `The model in ${folder} cannot be run (${reason}).`
        : `The model '${model}' is no folder here, and could not be fetched (${reason}).`,
      local
        ? 'Give a folder that plain transformers.js runs.'
        : 'Check its name and the connection, or give a folder with config.json, tokenizer.json and onnx/model.onnx.',
      { cause: error },
    );
  }
}

interface Parts extends SentenceEncoderOptions {
  readonly transformers: Transformers;
  readonly model: PreTrainedModel;
  readonly tokenizer: SubwordTokenizer;
  readonly fingerprint: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly name: string;
}

export class SentenceEncoder {
  readonly name: string;
  /** SHA-256, hex, of the model's files and of the options that embeddings depend on. */
  readonly fingerprint: string;
  /** Length of an embedding. */
  readonly size: number;
  readonly maxTokens: number;
  /** Seconds since it was opened: in `encode`, and of them in ONNX Runtime. */
  readonly seconds: { total: number; runtime: number } = { total: 0, runtime: 0 };
  private readonly parts: Parts;
  private readonly pooling: 'mean' | 'cls';
  private readonly normalised: boolean;

  /** Use `openSentenceEncoder`. */
  constructor(parts: Parts) {
    const { pooling = 'mean', normalised = true, config, tokenizer } = parts;
    this.parts = parts;
    this.pooling = pooling;
    this.normalised = normalised;
    this.name = basename(parts.name);
    const size = config.hidden_size ?? config.dim ?? config.d_model;
    if (!Number.isSafeInteger(size) || (size as number) < 1)
      throw new UserError(`The configuration of ${parts.name} does not say its hidden_size.`, 'Take another model.');
    this.size = size as number;
    this.maxTokens = Math.max(1, Math.min(longest(config, tokenizer), parts.maxTokens ?? USUAL_TOKENS));
    this.fingerprint = createHash('sha256')
      .update(JSON.stringify([parts.fingerprint, pooling, normalised, this.maxTokens]))
      .digest('hex');
  }

  /** Embeddings [count, size], row after row in the order of the texts. */
  async encode(texts: readonly string[], { onProgress }: EncodeTextsOptions = {}): Promise<Float32Array> {
    const started = performance.now();
    const values = new Float32Array(texts.length * this.size);
    let done = 0;
    for (let start = 0; start < texts.length; start += WINDOW) {
      const window = texts.slice(start, start + WINDOW).map((text, i) => {
        const { ids, types } = this.parts.tokenizer.encode(text, undefined, { maxTokens: this.maxTokens });
        return { index: start + i, ids, types };
      });
      // Texts of a length side by side: little of a batch is padding.
      window.sort((a, b) => a.ids.length - b.ids.length);
      for (const batch of batchesOf(window)) {
        await this.encodeBatch(batch, values);
        done += batch.length;
        onProgress?.(done, texts.length);
      }
    }
    this.seconds.total += (performance.now() - started) / 1000;
    return values;
  }

  async dispose(): Promise<void> {
    await this.parts.model.dispose();
  }

  private async encodeBatch(batch: readonly TokenisedText[], values: Float32Array): Promise<void> {
    const { transformers, model } = this.parts;
    const length = batch.at(-1)!.ids.length;
    const rows = (number: (text: TokenisedText, t: number) => number): Tensor => {
      const data = new BigInt64Array(batch.length * length);
      for (const [i, text] of batch.entries())
        for (let t = 0; t < text.ids.length; t++) data[i * length + t] = BigInt(number(text, t));
      return new transformers.Tensor('int64', data, [batch.length, length]);
    };
    const inputs = {
      input_ids: rows(({ ids }, t) => ids[t]!),
      attention_mask: rows(() => 1),
      token_type_ids: rows(({ types }, t) => types[t]!),
    };
    const started = performance.now();
    const outputs = (await model(inputs)) as Record<string, Tensor | undefined>;
    this.seconds.runtime += (performance.now() - started) / 1000;
    const states = outputs.last_hidden_state ?? outputs.token_embeddings;
    const { size } = this;
    const data = states?.data;
    if (states?.dims.join() !== `${batch.length},${length},${size}` || !(data instanceof Float32Array))
      throw new UserError(`${this.name} gives no vector of ${size} for each token.`, 'Take an encoder.');
    for (const [i, { index, ids }] of batch.entries()) {
      const tokens = this.pooling === 'cls' ? 1 : ids.length;
      const row = values.subarray(index * size, (index + 1) * size);
      for (let t = 0, from = i * length * size; t < tokens; t++)
        for (let j = 0; j < size; j++) row[j]! += data[from++]!;
      for (let j = 0; j < size; j++) row[j]! /= tokens;
      if (this.normalised) normalise(row);
    }
    states.dispose();
  }
}

interface TokenisedText {
  readonly index: number;
  readonly ids: readonly number[];
  readonly types: readonly number[];
}

/** @param texts Rising in length. */
function* batchesOf(texts: readonly TokenisedText[]): Generator<readonly TokenisedText[]> {
  let start = 0;
  for (let end = 1; end <= texts.length; end++) {
    const next = texts[end];
    if (next !== undefined && (end + 1 - start) * next.ids.length <= BATCH_TOKENS) continue;
    yield texts.slice(start, end);
    start = end;
  }
}

function normalise(row: Float32Array): void {
  let squares = 0;
  for (const value of row) squares += value * value;
  if (squares === 0) return;
  const scale = 1 / Math.sqrt(squares);
  for (let j = 0; j < row.length; j++) row[j]! *= scale;
}

/** Tokens that the model and its tokenizer take. */
function longest(config: Readonly<Record<string, unknown>>, { config: settings }: SubwordTokenizer): number {
  const limits = [config.max_position_embeddings, (settings as Record<string, unknown>).model_max_length];
  const known = limits.filter((limit) => Number.isFinite(limit) && (limit as number) > 0) as number[];
  // RoBERTa's positions begin above the number of its padding.
  const least = Math.min(Number.POSITIVE_INFINITY, ...known);
  return config.model_type === 'roberta' ? least - 2 : least;
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function requireFiles(folder: string, precision: Precision): Promise<void> {
  for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json', MODEL_FILES[precision]])
    if (!(await stat(join(folder, file)).catch(() => undefined)))
      throw new UserError(`${folder} has no ${file}.`, 'Give a folder that plain transformers.js runs.');
}

async function fingerprintOf(folder: string, precision: Precision): Promise<string> {
  const hash = createHash('sha256');
  const model = MODEL_FILES[precision];
  for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json', model, `${model}_data`]) {
    hash.update(`${file}\n`);
    const path = join(folder, file);
    if (!(await stat(path).catch(() => undefined))) continue;
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

function progressOf(onDownload: (progress: DownloadProgress) => void) {
  return (event: { status: string; file?: string; loaded?: number; total?: number }) => {
    const { status, file, loaded = 0, total = 0 } = event;
    if (status === 'progress' && file !== undefined) onDownload({ file, loaded, total });
  };
}
