/** The record of a study: every score that the choice was made by, and every final run. Tables are made from it alone. */
import { mkdir, readFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { type Summary, summarize } from '@attune/core';
import { writeFileAtomic } from '@attune/core/node';
import type { VisionMetrics, VisionSettings } from '@attune/vision';
import type { Study } from './studies.ts';

/** A run that was validated on one fold of the training split. */
export interface FoldScore {
  readonly fold: number;
  readonly examples: number;
  readonly accuracy: number;
  readonly loss: number;
  /** Wall time of the whole run: reading, training, evaluation. */
  readonly seconds: number;
}

export interface FinalRun {
  readonly seed: number;
  readonly steps: number;
  readonly trainingSeconds: number;
  readonly seconds: number;
  /** Processes that could run, on average, over the minute before the end: above the number of cores, times say little. */
  readonly load: number;
  readonly examples: { readonly train: number; readonly test: number };
  readonly trainingLoss: number;
  readonly trainingAccuracy: number;
  readonly test: VisionMetrics;
  /** A character for each test image, in the order of their names: 1 for right, 0 for wrong. */
  readonly right: string;
}

export interface StudyRecord {
  readonly study: Study;
  /** SHA-256 over names, sizes and contents of the data set's images. */
  readonly data: { readonly fingerprint: string; readonly classes: readonly string[]; readonly skipped: number };
  /** SHA-256 of the weights; null where nothing is carried over. */
  readonly source: string | null;
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: Readonly<Record<string, string | number>>;
  /** For each candidate of the grid, in its order. */
  readonly selection: readonly (readonly FoldScore[])[];
  /** Number of the candidate; null until every one has its scores. */
  readonly chosen: number | null;
  readonly runs: readonly FinalRun[];
}

export const recordFile = (folder: string, study: Study) => join(folder, `${study.name}.json`);

/** Undefined where there is none, or it is of a study that was defined otherwise. */
export async function readStudy(folder: string, study: Study): Promise<StudyRecord | undefined> {
  const text = await readFile(recordFile(folder, study), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const record = JSON.parse(text) as StudyRecord;
  return JSON.stringify(record.study) === JSON.stringify(study) ? record : undefined;
}

export async function writeStudy(folder: string, record: StudyRecord): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(recordFile(folder, record.study), `${JSON.stringify(record, null, 2)}\n`);
}

export interface CandidateScore {
  readonly settings: VisionSettings;
  /** Over all images that were validated on: each once. */
  readonly accuracy: number;
  readonly loss: number;
}

export function candidateScores({ study, selection }: StudyRecord): CandidateScore[] {
  return study.grid.map((settings, i) => {
    const folds = selection[i] ?? [];
    const examples = folds.reduce((sum, fold) => sum + fold.examples, 0);
    const mean = (key: 'accuracy' | 'loss') =>
      folds.reduce((sum, fold) => sum + fold[key] * fold.examples, 0) / examples;
    return { settings, accuracy: mean('accuracy'), loss: mean('loss') };
  });
}

/** The candidate of the highest accuracy; of equals, of the lowest loss. */
export function choose(scores: readonly CandidateScore[]): number {
  const best = scores.reduce((best, score) =>
    score.accuracy > best.accuracy || (score.accuracy === best.accuracy && score.loss < best.loss) ? score : best,
  );
  return scores.indexOf(best);
}

export function machine(): StudyRecord['machine'] {
  const processors = cpus();
  return {
    processor: processors[0]!.model.trim(),
    cores: processors.length,
    system: `${process.platform} ${process.arch}`,
    'load at the start': round(loadavg()[0]!),
  };
}

export const round = (value: number) => Math.round(value * 100) / 100;

export interface Comparison {
  /** Differences of the test accuracy, seed by seed. */
  readonly bySeed: Summary;
  /** Differences image by image, each the mean over the seeds: how much another draw of test images would change it. */
  readonly byImage: Summary;
}

/** How much better `upper` is than `lower` on the same test images, with the same seeds. */
export function compareRuns(upper: StudyRecord, lower: StudyRecord): Comparison {
  const pairs = upper.runs.map((run) => {
    const other = lower.runs.find(({ seed }) => seed === run.seed);
    if (other === undefined || other.right.length !== run.right.length)
      throw new Error(`${upper.study.name} and ${lower.study.name} have no runs of seed ${run.seed} to compare`);
    return { upper: run, lower: other };
  });
  const images = [...pairs[0]!.upper.right].map(
    (_, i) =>
      pairs.reduce((sum, pair) => sum + Number(pair.upper.right[i]) - Number(pair.lower.right[i]), 0) / pairs.length,
  );
  return {
    bySeed: summarize(pairs.map((pair) => pair.upper.test.accuracy - pair.lower.test.accuracy)),
    byImage: summarize(images),
  };
}
