/** Training settings that follow from a plan, a model and the size of the data: starting points, not the last word. */
import type { TransferPlan } from '@attune/core';
import type { EncoderConfig } from '../encoders/config.ts';
import { mostTokens } from '../encoders/config.ts';
import type { TextNetworkSpec } from '../models/text-network.ts';
import { DEFAULT_MAX_LENGTH } from '../text/encode.ts';
import { DEFAULT_VOCABULARY_SIZE } from '../text/vocabulary.ts';
import { methodOf } from './plans.ts';
import type { TextSettings, WordSettings } from './record.ts';

/** What is trained, as far as settings depend on it. */
export type TrainedModel =
  | { readonly kind: 'words'; readonly spec: Pick<TextNetworkSpec, 'architecture'> & Partial<TextNetworkSpec> }
  | { readonly kind: 'encoder'; readonly config: EncoderConfig }
  | { readonly kind: 'frozen'; readonly maxTokens: number };

export interface TextTask {
  readonly plan: TransferPlan;
  readonly model: TrainedModel;
  /** Texts to learn from. */
  readonly examples: number;
}

export type GivenTextSettings = Partial<Omit<TextSettings, 'words' | 'method'>> & {
  readonly words?: Partial<WordSettings> | null;
};

const BATCH_SIZE = 32;
/** Batches of encoders are smaller, as Devlin et al. 2019 (arXiv:1810.04805, A.3) have them. */
const ENCODER_BATCH_SIZE = 16;
/** Tokens of a text that an encoder sees: its time grows with them, and most sentences have fewer. */
const ENCODER_TOKENS = 128;
/** From so many texts on, words that come once are unknown, so that the unknown word's vector is learnt. */
const MANY = 1000;

/** Of an encoder of BERT base's width; the best rate of Adam falls as 1 / width (Yang et al. 2022, arXiv:2203.03466). */
const ENCODER_RATE = 5e-5;
const BASE_WIDTH = 768;
/** What little moves may move faster: Hu et al. 2021 (LoRA), Houlsby et al. 2019 (adapters), Ben Zaken et al. 2022 (biases). */
const FEW_MOVE = 8;

/** @param given What the user says, which comes first. */
export function textSettings(task: TextTask, given: GivenTextSettings = {}): TextSettings {
  const { words: givenWords, ...own } = given;
  const defaults = defaultsOf(task);
  return {
    ...defaults,
    ...own,
    words: defaults.words === null ? null : { ...defaults.words, ...givenWords },
  };
}

function defaultsOf({ plan, model, examples }: TextTask): TextSettings {
  const method = methodOf(plan);
  const common: TextSettings = {
    method,
    epochs: 0,
    batchSize: BATCH_SIZE,
    learningRate: 1e-3,
    warmUp: 0.1,
    weightDecay: 0.01,
    clipNorm: 1,
    labelSmoothing: 0,
    patience: null,
    balance: null,
    monitor: method === 'gradient' ? 'validation/accuracy' : null,
    maxLength: maxLengthOf(model),
    decay: null,
    iterations: null,
    pooling: null,
    words: null,
  };
  switch (model.kind) {
    case 'words':
      return {
        ...common,
        ...(method === 'gradient' ? { epochs: epochsFor(1500, examples, BATCH_SIZE, 5, 40), patience: 5 } : {}),
        words: wordSettings(model.spec, examples),
      };
    case 'encoder':
      return {
        ...common,
        batchSize: ENCODER_BATCH_SIZE,
        learningRate: encoderRate(plan, model.config),
        // A pooler is trained for a task of its own: means over tokens are the better features of a frozen encoder
        // (Reimers and Gurevych 2019, arXiv:1908.10084, table 1).
        pooling: method === 'gradient' ? null : 'mean',
        ...(method === 'gradient' ? { epochs: epochsFor(400, examples, ENCODER_BATCH_SIZE, 3, 20) } : {}),
        ...(method === 'setfit' ? { epochs: 1, iterations: 20 } : {}),
      };
    case 'frozen':
      return common;
    default:
      return model satisfies never;
  }
}

function wordSettings(spec: Partial<TextNetworkSpec> & Pick<TextNetworkSpec, 'architecture'>, examples: number) {
  return {
    architecture: spec.architecture,
    embeddingSize: spec.embeddingSize ?? 100,
    hiddenSize: spec.hiddenSize ?? 100,
    // More than in networks that are carried over, as all there is to learn from are a few thousand texts.
    dropout: spec.dropout ?? 0.5,
    matching: spec.architecture === 'cnn-pair' ? (spec.matching ?? 'heuristics') : null,
    minimumCount: examples >= MANY ? 2 : 1,
    vocabularySize: DEFAULT_VOCABULARY_SIZE,
  } as const;
}

function maxLengthOf(model: TrainedModel): number {
  if (model.kind === 'words') return DEFAULT_MAX_LENGTH;
  return Math.min(ENCODER_TOKENS, model.kind === 'encoder' ? mostTokens(model.config) : model.maxTokens);
}

/** Small sets take more epochs than large ones: it is updates that count. */
function epochsFor(updates: number, examples: number, batchSize: number, least: number, most: number): number {
  return Math.min(Math.max(Math.ceil(updates / Math.ceil(examples / batchSize)), least), most);
}

function encoderRate({ name, moved, carried }: TransferPlan, { hiddenSize }: EncoderConfig): number {
  const rate = (ENCODER_RATE * BASE_WIDTH) / hiddenSize;
  if (name === 'setfit') return rate;
  const fewMove = moved.groups.what === 'added' || moved.only === 'biases' || carried.what === 'nothing';
  // Four digits: the rate is shown, and stored.
  return Number(Math.min(fewMove ? FEW_MOVE * rate : rate, 5e-3).toPrecision(2));
}
