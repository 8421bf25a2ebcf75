/** The record of a run, `run.json`: what was done, on what, and what came out. Results are traced by it. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Monitor, SplitName, TransferPlan } from '@attune/core';
import { parsePlan, UserError } from '@attune/core';
import { writeFileAtomic } from '@attune/core/node';
import type { Augmentation } from './augment/augmentation.ts';
import type { LabelKind } from './dataset/labels.ts';
import type { SkippedImage } from './dataset/open.ts';
import type { VisionMetrics } from './evaluate.ts';

export const RECORD_FORMAT = 1;

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

export interface VisionRecord {
  readonly format: typeof RECORD_FORMAT;
  readonly domain: 'vision';
  readonly status: 'running' | 'done';
  /** Name of the network in the catalogue, and the weights that it started from; null where nothing was carried over. */
  readonly from: string;
  readonly source: { readonly file: string; readonly sha256: string } | null;
  readonly plan: TransferPlan;
  readonly seed: number;
  readonly settings: VisionSettings;
  readonly classes: readonly string[];
  /** Whether an image has one class, or any number of labels. Absent in records of earlier versions: `single`. */
  readonly labels?: LabelKind;
  readonly data: {
    readonly path: string;
    readonly fingerprint: string;
    readonly examples: Readonly<Record<SplitName, number>>;
    readonly skipped: readonly SkippedImage[];
    /** What is wrong with the data; absent in records of versions that did not look. */
    readonly warnings?: readonly string[];
  };
  readonly versions: { readonly attune: string; readonly tensorflow: string; readonly node: string };
  readonly backend: string;
  /** Null while the run goes on. */
  readonly result: VisionRunResult | null;
}

export interface VisionRunResult {
  readonly steps: number;
  /** Counted from 0: the epoch whose weights were kept. */
  readonly bestEpoch: number;
  readonly stopped: 'epochs' | 'patience';
  /** Training, validation included; of the last process where the run was resumed. */
  readonly seconds: number;
  /** Single numbers that training moved. */
  readonly trainableParameters: number;
  readonly validation: VisionMetrics | null;
  readonly test: VisionMetrics | null;
}

/** Names of the files in a run's folder; `lora` is there where the plan adds LoRA, which the model has merged. */
export const RUN_FILES = { record: 'run.json', model: 'model.safetensors', lora: 'lora.safetensors' } as const;

export async function writeRecord(folder: string, record: VisionRecord): Promise<void> {
  await writeFileAtomic(join(folder, RUN_FILES.record), `${JSON.stringify(record, null, 2)}\n`);
}

/** The folder's record; undefined when there is none. @throws UserError when it is not the record of a vision run. */
export async function readRecord(folder: string): Promise<VisionRecord | undefined> {
  const file = join(folder, RUN_FILES.record);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    if (error.code === 'ENOTDIR') throw new UserError(`${folder} is a file.`, 'Give the folder of a run.');
    throw error;
  });
  if (text === undefined) return undefined;
  let record: Partial<VisionRecord> | null;
  try {
    record = JSON.parse(text) as Partial<VisionRecord> | null;
  } catch (error) {
    throw new UserError(`${file} is not JSON.`, 'Restore it, or tune anew into another folder.', { cause: error });
  }
  if (record?.format !== RECORD_FORMAT || record.domain !== 'vision' || !Array.isArray(record.classes))
    throw new UserError(`${file} is not the record of a vision run.`, 'Give the folder of one.');
  return { ...(record as VisionRecord), plan: parsePlan(record.plan, file) };
}

/** The record of a finished run. @throws UserError when the folder holds none. */
export async function readFinishedRecord(folder: string): Promise<VisionRecord> {
  const record = await readRecord(folder);
  if (record === undefined) {
    const exists = await stat(folder).catch(() => undefined);
    throw new UserError(
      exists ? `${folder} holds no run.` : `There is no folder ${folder}.`,
      'Give the folder that tune wrote its run to.',
    );
  }
  if (record.result === null)
    throw new UserError(
      `The run in ${folder} is not finished.`,
      'Go on with it first: tune with the same options and --resume.',
    );
  return record;
}

/**
 * Refuses to go on with another run than the one that was begun.
 * @throws UserError that names the first difference.
 */
export function requireSameRecord(begun: VisionRecord, now: VisionRecord, folder: string): void {
  const parts = (record: VisionRecord): [string, unknown][] => [
    ['network', record.from],
    ['source weights', record.source?.sha256 ?? null],
    ['seed', record.seed],
    ['data', record.data.fingerprint],
    ['kind of labels', record.labels ?? 'single'],
    ['plan', record.plan],
    ...Object.entries(record.settings).map(([name, value]) => [`setting ${name}`, value] as [string, unknown]),
  ];
  const before = new Map(parts(begun));
  for (const [name, value] of parts(now)) {
    const [was, is] = [before.get(name), value].map((one) => JSON.stringify(one ?? null));
    if (was !== is)
      throw new UserError(
        `The run in ${folder} was begun with another ${name}: ${shorten(was)}, now ${shorten(is)}.`,
        'Resume with the same options, or tune anew into another folder.',
      );
  }
}

function shorten(text: string | undefined): string {
  if (text === undefined || text === 'null') return 'none';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
