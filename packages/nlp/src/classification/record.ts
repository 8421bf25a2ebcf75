/** The record of a run on texts: what vision's has too, and how texts became numbers. */
import type { Monitor } from '@attune/core';
import {
  RECORD_FILE,
  readRecordOf,
  requireFinished,
  type TrainingRecord,
  type TrainingResult,
} from '@attune/core/node';
import type { OpenTextsOptions } from '../dataset/open.ts';
import type { Pooling } from '../encoders/encoder-network.ts';
import type { Matching, TextArchitecture } from '../models/text-network.ts';
import type { TextMetrics } from './metrics.ts';
import type { TextMethod } from './plans.ts';

/**
 * What a run trains: a word-level network (`words`), a transformer encoder (`encoder`), or a head on a frozen encoder that
 * transformers.js runs (`frozen`).
 */
export type TextModelKind = 'words' | 'encoder' | 'frozen';

export interface TextSettings {
  readonly method: TextMethod;
  /** Passes over the texts; of SetFit over its pairs; 0 for a probe, which has none. */
  readonly epochs: number;
  /** Texts, of SetFit pairs, of an update. */
  readonly batchSize: number;
  /** The highest, of the head's group. */
  readonly learningRate: number;
  /** Share of training over which the rate rises from 0, in [0, 1); then it falls along a cosine. */
  readonly warmUp: number;
  /** Decoupled from the gradient (AdamW). */
  readonly weightDecay: number;
  /** Greatest joint norm of the gradients; null: any. */
  readonly clipNorm: number | null;
  readonly labelSmoothing: number;
  readonly patience: number | null;
  /** What makes rare classes count: all drawn equally often, or weighing equally in the loss. */
  readonly balance: 'sampling' | 'weights' | null;
  /** What the best epoch is chosen by; null: the last epoch's weights are kept. */
  readonly monitor: Monitor | null;
  /** Words, or tokens with the special ones, that are kept of each text, from its beginning. */
  readonly maxLength: number;
  /** L2 penalty of a fitted head, see core's `logisticRegression`; null: chosen by validation. */
  readonly decay: number | null;
  /** SetFit's R: pairs of one class, and as many of two, for every text. */
  readonly iterations: number | null;
  /** What the head of an encoder stands on; null: as its checkpoint has it, or for word-level networks. */
  readonly pooling: Pooling | null;
  /** Of word-level networks alone. */
  readonly words: WordSettings | null;
}

export interface WordSettings {
  readonly architecture: TextArchitecture;
  /** Null: as long as the given vectors are. */
  readonly embeddingSize: number | null;
  readonly hiddenSize: number;
  readonly dropout: number;
  /** How a network of pairs compares them; null for one of single texts. */
  readonly matching: Matching | null;
  /** Words of the data that come less often are unknown. */
  readonly minimumCount: number;
  /** Most words that are taken from the data. */
  readonly vocabularySize: number;
}

/** How the data's files are to be read: what the user said of them. */
export type TextReading = Pick<
  OpenTextsOptions,
  'text' | 'pair' | 'label' | 'split' | 'encoding' | 'header' | 'format' | 'delimiter' | 'quote'
>;

export interface TextRecord extends TrainingRecord {
  readonly domain: 'nlp';
  readonly model: TextModelKind;
  readonly settings: TextSettings;
  /** Whether an example is a pair of texts. */
  readonly pairs: boolean;
  readonly data: TrainingRecord['data'] & { readonly reading: TextReading };
  /** The file of word vectors that words without the source's began with. */
  readonly vectors: { readonly file: string; readonly sha256: string } | null;
  /** Texts of the source's task, for a plan that goes on learning it. */
  readonly sourceData: { readonly path: string; readonly fingerprint: string } | null;
  readonly result: TextRunResult | null;
}

export interface TextRunResult extends TrainingResult<TextMetrics> {
  /** L2 penalty of a head that was fitted; null where none was. */
  readonly decay: number | null;
}

/** In a run's folder. `model` is a file of a word-level network, `encoder` a folder, `head` a head of a frozen encoder. */
export const TEXT_RUN_FILES = {
  record: RECORD_FILE,
  model: 'model.safetensors',
  encoder: 'encoder',
  head: 'head.safetensors',
} as const;

/** The folder's record; undefined when there is none. @throws UserError when it is not the record of a run on texts. */
export async function readTextRecord(folder: string): Promise<TextRecord | undefined> {
  return readRecordOf<TextRecord>('nlp', folder);
}

/** The record of a finished run. @throws UserError when the folder holds none. */
export async function readFinishedTextRecord(folder: string): Promise<TextRecord> {
  return requireFinished(await readTextRecord(folder), folder);
}
