/** A model that is about to be trained, of any kind: what `tuneTexts` needs of it. */

import { join } from 'node:path';
import type { FitOptions, TransferPlan } from '@attune/core';
import { movedGroups, UserError } from '@attune/core';
import type { TextDataset } from '../dataset/open.ts';
import { embedExamples } from '../encoders/embed-examples.ts';
import { EncoderNetwork } from '../encoders/encoder-network.ts';
import type { SentenceEncoder } from '../encoders/sentence-encoder.ts';
import { fitHead, type LinearHead } from '../linear-head.ts';
import { saveFrozenHead } from './frozen-head.ts';
import { frozenModel, networkModel, type TextModel } from './model.ts';
import { TEXT_RUN_FILES, type TextSettings } from './record.ts';
import type { Started } from './start.ts';
import { type TextTraining, type TrainOnTextsOptions, trainOnTexts } from './train.ts';

export interface PreparedModel {
  /** Gives probabilities once it is trained. */
  readonly model: TextModel;
  readonly notes: readonly string[];
  train(hooks: TrainingHooks): Promise<TextTraining>;
  /** Into the folder of the run. */
  save(folder: string): Promise<void>;
  /** Of what only training needed. The model is the caller's. */
  release(): void;
}

export type TrainingHooks = Pick<FitOptions, 'recorder' | 'resume' | 'progress' | 'checkpointSeconds' | 'signal'> &
  Pick<TrainOnTextsOptions, 'onPrepare'>;

interface PrepareOptions {
  readonly plan: TransferPlan;
  readonly settings: TextSettings;
  readonly dataset: TextDataset;
  readonly seed: number;
}

const FITTED = 'the head is fitted by logistic regression: epochs, batch and learning rate have no say';

/** @throws UserError when the plan moves what the network lacks. */
export function prepareNetwork(started: Started, { plan, settings, dataset, seed }: PrepareOptions): PreparedModel {
  const { network, held, lora, encode } = started;
  const release = () => held?.dispose();
  try {
    movedGroups(plan.moved, network);
    if (settings.method === 'setfit' && !(network instanceof EncoderNetwork))
      throw new UserError('SetFit tunes transformer encoders.', 'Start from the folder of one, or take another plan.');
    if (settings.balance !== null && settings.method !== 'gradient') refuseBalance(plan);
  } catch (error) {
    network.dispose();
    release();
    throw error;
  }
  const [train, validation] = [encode(dataset.splits.train), encode(dataset.splits.validation)];
  const cut = train.cut.texts;
  return {
    model: networkModel(network, encode),
    notes: [
      ...started.notes,
      ...(settings.method === 'probe' ? [FITTED] : []),
      ...(cut > 0
        ? [
            `${cut} of ${train.texts.length} texts are longer than ${settings.maxLength} ${settings.words ? 'words' : 'tokens'}, and cut: --max-length takes more`,
          ]
        : []),
    ],
    async train(hooks) {
      const training = await trainOnTexts({ started, plan, seed, settings, train, validation, ...hooks });
      lora?.mergeAndRemove();
      return training;
    },
    save: (folder) => started.save(folder, dataset.classes, plan.added),
    release,
  };
}

/**
 * A head on the embeddings of an encoder that transformers.js runs.
 * @throws UserError when the plan moves more than a new head.
 */
export function prepareFrozen(
  encoder: SentenceEncoder,
  { plan, settings, dataset }: PrepareOptions,
  { name, cacheFolder }: { readonly name: string; readonly cacheFolder: string | undefined },
): PreparedModel {
  if (settings.method !== 'probe' || plan.added.cut !== undefined)
    throw new UserError(
      `The plan '${plan.name}' trains an encoder, and ${name} is run as it is, by transformers.js.`,
      'Take the plan linear-probe, or start from a folder with the weights, model.safetensors.',
    );
  if (settings.balance !== null) refuseBalance(plan);
  let head: LinearHead | undefined;
  const fitted = () => {
    if (head === undefined) throw new Error('the head is fitted first');
    return head;
  };
  return {
    model: {
      classes: dataset.classes.length,
      probabilities: (examples, onProgress) =>
        frozenModel(encoder, fitted(), { cacheFolder }).probabilities(examples, onProgress),
      dispose: () => encoder.dispose(),
    },
    notes: [FITTED],
    async train({ onPrepare, signal }) {
      const { train, validation } = dataset.splits;
      const total = train.length + validation.length;
      const embed = (examples: typeof train, before: number) =>
        embedExamples(encoder, examples, {
          cacheFolder,
          onProgress: (done, all) => {
            signal?.throwIfAborted();
            onPrepare?.('features', before + Math.round((done / all) * examples.length), total);
          },
        });
      const features = await embed(train, 0);
      const left = validation.length > 0 ? await embed(validation, train.length) : undefined;
      const found = fitHead(features, {
        classes: dataset.classes.length,
        decay: settings.decay ?? undefined,
        validation: left,
      });
      head = found.head;
      return {
        history: [],
        steps: 0,
        bestEpoch: 0,
        stopped: 'epochs',
        trainableParameters: (found.head.size + 1) * found.head.classes,
        decay: found.decay,
      };
    },
    save: (folder) =>
      saveFrozenHead(join(folder, TEXT_RUN_FILES.head), {
        head: fitted(),
        encoder: name,
        fingerprint: encoder.fingerprint,
        maxTokens: encoder.maxTokens,
        labels: dataset.classes,
      }),
    release: () => {},
  };
}

function refuseBalance({ name }: TransferPlan): never {
  throw new UserError(
    `Classes are not balanced by '${name}', which fits its head to all texts alike.`,
    'Leave --balance out, or take another plan, such as full.',
  );
}
