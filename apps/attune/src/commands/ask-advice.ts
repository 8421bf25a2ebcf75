/** Asks vision's advisor, with progress and Ctrl-C: for `advise vision`, and for `tune vision --plan auto`. */
import { type AdviseVisionOptions, adviseVision, type VisionAdvice } from '@attune/vision';
import { featureCache } from '../input/feature-cache.ts';
import { withSkipHint } from '../input/skip-hint.ts';
import { WEIGHT_DIRECTORIES } from '../input/weights.ts';
import { stopOnInterrupt } from '../terminal/interrupt.ts';
import { prepareProgress } from '../terminal/prepare-progress.ts';
import { trialProgress } from '../terminal/trial-progress.ts';

/** Plans that are tried where nothing is said. */
export const DEFAULT_TRIALS = 5;

export interface AskAdviceOptions
  extends Pick<AdviseVisionOptions, 'data' | 'from' | 'size' | 'labels' | 'sourceData'> {
  readonly weights?: string | undefined;
  readonly seed?: number | undefined;
  readonly onBroken: 'skip' | 'refuse';
  readonly cache: boolean;
  readonly quiet?: boolean | undefined;
  readonly trials?: number;
}

/** @throws UserError for input that a user can put right. */
export async function askAdvice(options: AskAdviceOptions): Promise<VisionAdvice> {
  const { data, from, size, labels, sourceData, weights, seed, onBroken, cache, quiet, trials } = options;
  const shown = quiet !== true;
  const trying = trialProgress();
  const ask = (signal: AbortSignal) =>
    adviseVision({
      data,
      from,
      size,
      labels,
      sourceData,
      weightsFile: weights,
      dataDirectories: WEIGHT_DIRECTORIES,
      seed: seed ?? 0,
      onBroken,
      trials: { count: trials ?? DEFAULT_TRIALS, signal, ...(shown ? { onRun: trying.run } : {}) },
      ...(cache ? { indexFolder: featureCache() } : {}),
      ...(shown ? { onProgress: prepareProgress() } : {}),
    });
  return stopOnInterrupt('Stopped; advice without trials takes seconds: attune advise vision --trials 0.', ask)
    .catch((error: unknown) => {
      throw withSkipHint(error, onBroken);
    })
    .finally(trying.end);
}
