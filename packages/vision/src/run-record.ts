/** The record of a run, `run.json`: what was done, on what, and what came out. Results are traced by it. */
import type { Monitor } from '@attune/core';
import {
  RECORD_FILE,
  readRecordOf,
  requireFinished,
  type TrainingRecord,
  type TrainingResult,
} from '@attune/core/node';
import type { Augmentation } from './augment/augmentation.ts';
import type { LabelKind } from './dataset/labels.ts';
import type { VisionMetrics } from './evaluate.ts';

/** Everything that training was told; where two runs differ here, they are different runs. */
export interface VisionSettings {
  readonly epochs: number;
  readonly batchSize: number;
  /** The highest learning rate, of the head's group. */
  readonly learningRate: number;
  /** Share of training over which the rate rises from 0, in [0, 1); then it falls along a cosine. 0: it falls from the start. */
  readonly warmUp: number;
  readonly optimizer: 'adamw' | 'sgd';
  /** Decoupled from the gradient: a step of rate r takes the share r * weightDecay off every weight. */
  readonly weightDecay: number;
  readonly labelSmoothing: number;
  readonly patience: number | null;
  /**
   * What makes rare classes count: every class is drawn equally often (`sampling`), or weighs equally in the loss
   * (`weights`). Null, or absent in records of earlier versions: nothing.
   */
  readonly balance?: 'sampling' | 'weights' | null;
  /** What the best epoch is chosen by; null: the last epoch's weights are kept, and validation only looks on at the end. */
  readonly monitor: Monitor | null;
  /** Side of the input, pixels. */
  readonly size: number;
  /** Without random crops, jitter and mixup, a plan that moves the head alone trains it on features computed once. */
  readonly augmentation: Augmentation;
}

export interface VisionRecord extends TrainingRecord {
  readonly domain: 'vision';
  readonly settings: VisionSettings;
  /** Whether an image has one class, or any number of labels. Absent in records of earlier versions: `single`. */
  readonly labels?: LabelKind;
  readonly result: VisionRunResult | null;
}

export type VisionRunResult = TrainingResult<VisionMetrics>;

/** Names of the files in a run's folder; `lora` is there where the plan adds LoRA, which the model has merged. */
export const RUN_FILES = { record: RECORD_FILE, model: 'model.safetensors', lora: 'lora.safetensors' } as const;

/** The folder's record; undefined when there is none. @throws UserError when it is not the record of a vision run. */
export async function readRecord(folder: string): Promise<VisionRecord | undefined> {
  return readRecordOf<VisionRecord>('vision', folder);
}

/** The record of a finished run. @throws UserError when the folder holds none. */
export async function readFinishedRecord(folder: string): Promise<VisionRecord> {
  return requireFinished(await readRecord(folder), folder);
}
