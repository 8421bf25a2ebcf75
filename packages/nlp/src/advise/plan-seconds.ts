/** How long a plan would take here: a few of its own updates, timed. */
import type { TransferPlan } from '@attune/core';
import { fit, UserError } from '@attune/core';
import type { OpenedSource } from '../classification/open-source.ts';
import { trainedModel } from '../classification/open-source.ts';
import { textSettings } from '../classification/settings.ts';
import { startEncoder } from '../classification/start-encoder.ts';
import { startWords } from '../classification/start-words.ts';
import type { TextDataset } from '../dataset/open.ts';
import { textSource } from '../text/source.ts';

export interface PlanSecondsOptions {
  readonly source: OpenedSource;
  readonly plan: TransferPlan;
  readonly dataset: TextDataset;
  readonly seed: number;
  /** Of a pass through the frozen source, seconds a text. */
  readonly secondsPerText: number;
}

/** Updates of an epoch that is timed, after one that is not: it has steps compiled. */
const TIMED = 4;

/** Texts of both sides of SetFit's pairs take as long as texts that are trained on one by one. */
const SIDES = 2;

/** Seconds of training with default settings, epochs that may be stopped early included; null where it cannot be timed. */
export async function planSeconds(options: PlanSecondsOptions): Promise<number | null> {
  const { source, plan, dataset, seed, secondsPerText } = options;
  const { train, validation } = dataset.splits;
  const settings = textSettings({ plan, model: trainedModel(source), examples: train.length });
  if (settings.method === 'probe') return secondsPerText * (train.length + validation.length);
  if (source.kind === 'frozen' || plan.held.to !== 'nothing') return null;
  const gradient = settings.method === 'gradient' ? plan : { ...plan, name: 'full' };
  const common = { plan: gradient, settings, dataset, seed };
  const started =
    source.kind === 'encoder'
      ? await startEncoder({ folder: source.folder, ...common })
      : await startWords({ source, ...common, vectors: undefined, sourceData: undefined });
  try {
    const some = started.encode(train.slice(0, TIMED * settings.batchSize));
    const { history } = await fit({
      network: started.network,
      plan: gradient,
      train: textSource(some, { shuffle: true }),
      epochs: 2,
      batchSize: settings.batchSize,
      learningRate: settings.learningRate,
      seed,
    });
    const perText = history[1]!['charts/seconds'] / some.texts.length;
    const texts =
      settings.method === 'setfit'
        ? SIDES * 2 * settings.iterations! * train.length * settings.epochs
        : train.length * settings.epochs;
    return perText * texts;
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  } finally {
    started.network.dispose();
    started.held?.dispose();
  }
}
