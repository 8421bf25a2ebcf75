/** Advice on a data set of texts: what `attune advise nlp` asks for. */
import type { DepthPoint, LabelledFeatures, SplitName } from '@attune/core';
import {
  bestLayer,
  depthCurve,
  depthTaps,
  logMe,
  median,
  mostFrequentShare,
  nearestNeighbourAccuracy,
  sampleByClass,
  shrunkHScore,
  UserError,
} from '@attune/core';
import { closeTextSource, type OpenedSource, openTextSource } from '../classification/open-source.ts';
import { namedTextPlan } from '../classification/plans.ts';
import type { TextReading } from '../classification/record.ts';
import type { TextExample } from '../dataset/example.ts';
import { openTexts, type TextDataset } from '../dataset/open.ts';
import { loadEncoder } from '../encoders/checkpoint.ts';
import { mostTokens } from '../encoders/config.ts';
import { embedExamples } from '../encoders/embed-examples.ts';
import type { DownloadProgress } from '../encoders/sentence-encoder.ts';
import { encodeExamples } from '../text/encode.ts';
import { exampleWords } from '../text/example-words.ts';
import { planSeconds } from './plan-seconds.ts';
import { type AdvisedPlan, advisedPlans } from './recommend-texts.ts';
import { type TextScenario, textScenario } from './scenario.ts';
import { tapFeatures } from './tap-features.ts';
import { TextCounts, type TextDistance, textDistance, unknownWords } from './text-distance.ts';

export interface AdviseTextsOptions {
  readonly data: string;
  readonly reading?: TextReading | undefined;
  /** As `tuneTexts` takes it. Default: a word-level network with random values, of which little can be said. */
  readonly from: string;
  /** Texts that the source learnt from, labelled or not: the distance of their words is measured. */
  readonly sourceData?: string | undefined;
  /** Fixes the splits, the sample and the folds. Default 0. */
  readonly seed?: number | undefined;
  readonly offline?: boolean | undefined;
  readonly featureCache?: string | undefined;
  readonly onProgress?: ((what: 'features' | 'layers', done: number, total: number) => void) | undefined;
  readonly onDownload?: ((progress: DownloadProgress) => void) | undefined;
}

export interface TextAdvice {
  readonly data: string;
  readonly from: string;
  readonly source: OpenedSource['kind'];
  readonly classes: readonly string[];
  /** Texts to learn from of each class. */
  readonly perClass: readonly number[];
  readonly examples: Readonly<Record<SplitName, number>>;
  readonly pairs: boolean;
  readonly warnings: readonly string[];
  /** Texts that features were measured on. */
  readonly measured: number;
  /** Share of the most frequent class among them. */
  readonly chance: number;
  readonly words: {
    /** Different words, and all. */
    readonly types: number;
    readonly running: number;
    /** Share of the running words that the source has no vector for; null where it has none of words. */
    readonly unknown: number | null;
  };
  /** To the source's texts; null without any. */
  readonly distance: TextDistance | null;
  readonly scenario: TextScenario;
  /** From the input up; empty where the source has no weights. */
  readonly depth: readonly DepthPoint[];
  readonly best: DepthPoint | null;
  /** Transferability scores of the top layer's features; greater is better. Null where the source has no weights. */
  readonly scores: Readonly<Record<'LogME' | 'H-score' | 'nearest neighbour', number>> | null;
  readonly recommended: AdvisedPlan & { readonly seconds: number | null };
  /** The recommended one first. */
  readonly plans: readonly (AdvisedPlan & { readonly seconds: number | null })[];
}

/** @throws UserError for input that a user can put right. */
export async function adviseTexts(options: AdviseTextsOptions): Promise<TextAdvice> {
  const { data, from, seed = 0, reading = {}, offline = false, onDownload } = options;
  const source = await openTextSource(from, { offline, onDownload });
  try {
    const dataset = await openTexts(data, { ...reading, seed });
    const { train, validation, test } = dataset.splits;
    const perClass = new Array<number>(dataset.classes.length).fill(0);
    for (const { label } of train) perClass[label]!++;
    if (Math.max(...perClass) < 2)
      throw new UserError(
        `No class of ${data} has two texts to learn from.`,
        'Add texts: with one of each nothing can be cross-validated.',
      );
    const sample = sampleByClass(train, dataset.classes.length, seed, MOST_PER_CLASS);
    const started = performance.now();
    const features = await sourceFeatures(source, dataset, sample, options);
    const secondsPerText = (performance.now() - started) / 1000 / sample.length;
    const depth =
      features === undefined
        ? []
        : await depthCurve(features, {
            seed,
            onProgress: (done, total) => options.onProgress?.('layers', done, total),
          });
    const top = features && [...features.values()].at(-1);
    const counts = TextCounts.of(exampleWords(train));
    const scenario = textScenario({ examples: train.length, perClass: median(perClass), depth });
    const plans = [];
    for (const advised of advisedPlans(source.kind, scenario, depth)) {
      const plan = namedTextPlan(advised.plan, source.kind === 'words' ? source.loaded.network : undefined);
      plans.push({ ...advised, seconds: await planSeconds({ source, plan, dataset, seed, secondsPerText }) });
    }
    return {
      data,
      from,
      source: source.kind,
      classes: dataset.classes,
      perClass,
      examples: { train: train.length, validation: validation.length, test: test.length },
      pairs: dataset.pairs,
      warnings: dataset.warnings,
      measured: sample.length,
      chance: mostFrequentShare(sample),
      words: {
        types: counts.unigrams.size,
        running: [...counts.unigrams.values()].reduce((sum, count) => sum + count, 0),
        unknown: source.kind === 'words' ? unknownWords(counts, source.loaded.vocabulary) : null,
      },
      distance: options.sourceData === undefined ? null : await distanceTo(options.sourceData, counts, seed),
      scenario,
      depth,
      best: depth.length === 0 ? null : bestLayer(depth),
      scores: top === undefined ? null : scoresOf(top),
      recommended: plans[0]!,
      plans,
    };
  } finally {
    await closeTextSource(source);
  }
}

/** Of the sample, by layer from the input up; undefined where the source has no weights. */
async function sourceFeatures(
  source: OpenedSource,
  { pairs, path }: TextDataset,
  sample: readonly TextExample[],
  { onProgress, featureCache: cacheFolder }: AdviseTextsOptions,
): Promise<Map<string, LabelledFeatures> | undefined> {
  const progress = { onProgress: (done: number, total: number) => onProgress?.('features', done, total) };
  switch (source.kind) {
    case 'architecture':
      return undefined;
    case 'words': {
      const { network, vocabulary } = source.loaded;
      if ((network.spec.architecture === 'cnn-pair') !== pairs)
        throw new UserError(
          `The source takes ${pairs ? 'single texts' : 'pairs of texts'}, and ${String(path)} has ${pairs ? 'pairs' : 'single texts'}.`,
          'Take another source, or name other columns.',
        );
      return tapFeatures(network, encodeExamples(sample, vocabulary), depthTaps(network), progress);
    }
    case 'encoder': {
      const { network, tokenizer } = await loadEncoder(source.folder, { classes: 1, pooling: 'mean' });
      try {
        const maxTokens = Math.min(MOST_TOKENS, mostTokens(source.config));
        return await tapFeatures(
          network,
          tokenizer.encodeExamples(sample, { maxTokens }),
          depthTaps(network),
          progress,
        );
      } finally {
        network.dispose();
      }
    }
    case 'frozen':
      return new Map([['embedding', await embedExamples(source.encoder, sample, { cacheFolder, ...progress })]]);
    default:
      return source satisfies never;
  }
}

/** Texts of a class that are measured at most: with 100 of each of two classes chance alone moves a difference by 9 points. */
const MOST_PER_CLASS = 500;

/** As `textSettings` has it. */
const MOST_TOKENS = 128;

async function distanceTo(sourceData: string, counts: TextCounts, seed: number): Promise<TextDistance> {
  const { splits } = await openTexts(sourceData, { seed, purpose: 'evaluate' });
  return textDistance(TextCounts.of(exampleWords(splits.train)), counts);
}

function scoresOf(features: LabelledFeatures): NonNullable<TextAdvice['scores']> {
  return {
    LogME: logMe(features),
    'H-score': shrunkHScore(features),
    'nearest neighbour': nearestNeighbourAccuracy(features, { k: 1 }),
  };
}
