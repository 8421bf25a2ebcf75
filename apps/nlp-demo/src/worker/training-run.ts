/** One training run on texts. */
import { type ExampleSource, examplesInMemory, fit, type TransferPlan } from '@attune/core';
import { breathe, StoppableRun } from '@attune/demo-parts/worker';
import { computeFeatures } from '@attune/nlp';
import type { Splits } from './collection.ts';
import { encodeTexts, sourceOf, type TextModel } from './text-model.ts';

const SEED = 1;
const BATCH = 16;

export interface TrainingRunOptions {
  /** As the plan starts it. */
  readonly model: TextModel;
  readonly plan: TransferPlan;
  readonly splits: Pick<Splits, 'train' | 'validation'>;
  readonly epochs: number;
  readonly learningRate: number;
}

export class TrainingRun extends StoppableRun {
  constructor({ model, plan, splits, epochs, learningRate }: TrainingRunOptions) {
    const { network } = model;
    const encoded = { train: encodeTexts(model, splits.train), validation: encodeTexts(model, splits.validation) };
    const held = splits.validation.length > 0;
    super(async (controls, onEvent) => {
      const common = { ...controls, network, plan, epochs, learningRate, batchSize: BATCH, clipNorm: 1, seed: SEED };
      if (onlyHead(plan)) {
        // What the head sees never changes: computed once.
        const total = splits.train.length + splits.validation.length;
        const features = async (texts: typeof encoded.train, before: number, shuffle: boolean) => {
          const { values, size, labels } = await computeFeatures(network, texts, {
            onProgress: (done) => onEvent({ what: 'features', done: before + done, total }),
          });
          return examplesInMemory({ inputs: values, shape: [size], labels, shuffle });
        };
        const train = await features(encoded.train, 0, true);
        const validation = held ? await features(encoded.validation, splits.train.length, false) : undefined;
        await fit({ ...common, forward: 'head', train, ...(validation && { validation }) });
      } else
        await fit({
          ...common,
          train: breathing(sourceOf(encoded.train, true)),
          ...(held && { validation: breathing(sourceOf(encoded.validation, false)) }),
        });
    });
  }
}

export function onlyHead({ moved }: TransferPlan): boolean {
  return moved.groups.what === 'head';
}

/**
 * Epochs and the highest learning rate: small sets take more epochs than large ones, as it is updates that count; a new head
 * alone takes larger steps, and a network that was pre-trained as an encoder smaller ones.
 */
export function settingsFor(plan: TransferPlan | undefined, parts: TextModel['parts'], examples: number) {
  if (plan === undefined) return { epochs: 0, learningRate: 0 };
  const updates = Math.ceil(examples / BATCH);
  if (onlyHead(plan)) return { epochs: between(15, Math.ceil(300 / updates), 40), learningRate: 1e-2 };
  return { epochs: between(6, Math.ceil(100 / updates), 20), learningRate: parts === 3 ? 2e-3 : 5e-3 };
}

function between(least: number, value: number, most: number): number {
  return Math.min(Math.max(least, value), most);
}

/** Batches are asked for throughout training: a good moment to let messages in. */
function breathing(source: ExampleSource): ExampleSource {
  return {
    ...source,
    async *batches(request) {
      for await (const batch of source.batches(request)) {
        await breathe();
        yield batch;
      }
    },
  };
}
