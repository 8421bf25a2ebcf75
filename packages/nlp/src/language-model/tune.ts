/** Fine-tuning a language model on texts, as a plan says: a composition of the parts beside it. */
import type { FitOptions, FitResult, TensorToWrite, TransferPlan } from '@attune/core';
import { carryOver, cosine, fit, namedPlan, needsSource, networkValues, UserError, warmUp } from '@attune/core';
import { DecoderNetwork } from './decoder-network.ts';
import { extendDecoder, languageModelPlan } from './extend-decoder.ts';
import { copyDecoder, type LanguageModel } from './language-model.ts';
import { type SequenceLayout, tokenSource } from './token-source.ts';

export interface TuneLanguageModelOptions
  extends Partial<
    Pick<
      FitOptions,
      | 'accumulate'
      | 'averaging'
      | 'checkpointSeconds'
      | 'clipNorm'
      | 'optimizer'
      | 'patience'
      | 'progress'
      | 'recorder'
      | 'resume'
      | 'schedule'
      | 'signal'
    >
  > {
  /** It stays as it is, and the caller's. */
  readonly from: LanguageModel;
  /** What is learnt. */
  readonly texts: readonly string[];
  /** What decides which weights are the best. Default: none, and the last are the result. */
  readonly validation?: readonly string[] | undefined;
  /** A plan, or the name of one; see `languageModelPlan`. */
  readonly plan: TransferPlan | string;
  /** Tokens of a sequence. Default: 256, or the network's context where that is less. */
  readonly length?: number | undefined;
  /** Default `packed`. */
  readonly layout?: SequenceLayout | undefined;
  /** Default 3. */
  readonly epochs?: number | undefined;
  /** Default 8. */
  readonly batchSize?: number | undefined;
  /** The highest. Default: 3e-3 where only what is added or biases move, 1e-3 from nothing, 3e-4 otherwise. */
  readonly learningRate?: number | undefined;
  /** Fixes what is added, the order and every draw. Default 0. */
  readonly seed?: number | undefined;
}

export interface TuneLanguageModelResult extends LanguageModel {
  /** What was done. */
  readonly plan: TransferPlan;
  readonly fit: FitResult;
  /** A and B of every matrix, where the plan adds LoRA: they are merged into the network by now. */
  readonly lora: readonly (readonly [string, TensorToWrite])[] | undefined;
}

/** Sequences are no longer than this by default. */
const DEFAULT_LENGTH = 256;

/**
 * Trains a copy of the model; the caller disposes of its network.
 * @throws UserError for options out of range, a plan that does not fit, or as `fit` does.
 */
export async function tuneLanguageModel(options: TuneLanguageModelOptions): Promise<TuneLanguageModelResult> {
  const { from, texts, validation, epochs = 3, batchSize = 8, seed = 0 } = options;
  const { config } = from.network;
  const plan = languageModelPlan(typeof options.plan === 'string' ? namedPlan(options.plan) : options.plan);
  const { length = Math.min(DEFAULT_LENGTH, config.context), layout } = options;
  if (length > config.context)
    throw new UserError(
      `The length of sequences is ${length}, and ${from.network.name} takes ${config.context} tokens.`,
    );
  const source = needsSource(plan.held) ? await copyDecoder(from.network) : undefined;
  let network: DecoderNetwork | undefined;
  try {
    network = await startDecoder(from.network, plan, seed);
    const lora = extendDecoder(network, plan.added, seed);
    const result = await fit({
      schedule: warmUp(0.1, cosine()),
      clipNorm: 1,
      ...given(options),
      network,
      source,
      plan,
      train: tokenSource(texts, from.tokenizer, { length, layout, shuffle: true }),
      ...(validation && { validation: tokenSource(validation, from.tokenizer, { length, layout }) }),
      loss: 'next-token',
      epochs,
      batchSize,
      learningRate: options.learningRate ?? defaultLearningRate(plan),
      seed,
    });
    const tensors = await lora?.tensors();
    lora?.mergeAndRemove();
    return { network, tokenizer: from.tokenizer, plan, fit: result, lora: tensors };
  } catch (error) {
    network?.dispose();
    throw error;
  } finally {
    source?.dispose();
  }
}

/** What the plan carries over, the rest fresh. */
async function startDecoder(from: DecoderNetwork, plan: TransferPlan, seed: number): Promise<DecoderNetwork> {
  if (plan.carried.what === 'everything') return copyDecoder(from);
  const network = new DecoderNetwork({ name: from.name, config: from.config, seed });
  carryOver(network, await networkValues(from), plan.carried);
  return network;
}

/** Starting points: of 1e-4 to 1e-2, those at which a network of 260,000 parameters learnt most before it forgot most. */
function defaultLearningRate({ moved, carried }: TransferPlan): number {
  if (moved.groups.what === 'added' || moved.only === 'biases') return 3e-3;
  return carried.what === 'nothing' ? 1e-3 : 3e-4;
}

/** Those options that `fit` takes as they are. */
function given(options: TuneLanguageModelOptions): Partial<FitOptions> {
  const names = [
    'accumulate',
    'averaging',
    'checkpointSeconds',
    'clipNorm',
    'optimizer',
    'patience',
    'progress',
    'recorder',
    'resume',
    'schedule',
    'signal',
  ] as const;
  return Object.fromEntries(names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]));
}
