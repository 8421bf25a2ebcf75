/** The transformer encoder that a run starts with: what its plan carries over from a folder, the rest fresh. */
import { join } from 'node:path';
import type { TransferPlan } from '@attune/core';
import { carryOver, needsSource, networkValues, UserError } from '@attune/core';
import type { TextDataset } from '../dataset/open.ts';
import { loadEncoder, saveEncoder } from '../encoders/checkpoint.ts';
import { EncoderNetwork } from '../encoders/encoder-network.ts';
import { freshValues } from '../encoders/encoder-parameters.ts';
import { extendEncoder } from '../encoders/extend-encoder.ts';
import { TEXT_RUN_FILES, type TextSettings } from './record.ts';
import type { Started } from './start.ts';

export interface StartEncoderOptions {
  readonly folder: string;
  readonly plan: TransferPlan;
  readonly settings: TextSettings;
  readonly dataset: TextDataset;
  readonly seed: number;
}

/** @throws UserError when the folder, the data and the plan do not go together. */
export async function startEncoder(options: StartEncoderOptions): Promise<Started> {
  const { folder, plan, settings, dataset, seed } = options;
  if (plan.held.to === 'task')
    throw new UserError(
      `The plan '${plan.name}' learns two tasks, which word-level networks do here, and ${folder} is an encoder.`,
      'Take another plan, such as full or lora.',
    );
  const { network, tokenizer } = await carriedEncoder(options);
  let held: EncoderNetwork | undefined;
  try {
    held = needsSource(plan.held) ? await heldEncoder(options) : undefined;
    const lora = extendEncoder(network, plan.added, seed);
    const encode = (examples: TextDataset['splits']['train']) =>
      tokenizer.encodeExamples(examples, { maxTokens: settings.maxLength });
    // A limit that not even the special tokens keep is found here.
    encode(dataset.splits.train.slice(0, 1));
    return {
      network,
      held,
      lora,
      sourceTrain: undefined,
      encode,
      save: (out, labels, added) =>
        saveEncoder(network, join(out, TEXT_RUN_FILES.encoder), { tokenizer, labels, added }),
      notes: [],
    };
  } catch (error) {
    network.dispose();
    held?.dispose();
    throw error;
  }
}

async function carriedEncoder({ folder, plan, settings, dataset, seed }: StartEncoderOptions) {
  const classes = dataset.classes.length;
  const pooling = settings.pooling ?? undefined;
  if (plan.added.head === 'none') {
    const loaded = await loadEncoder(folder, { pooling });
    if (loaded.network.classes === classes) return loaded;
    const { classes: own } = loaded.network;
    loaded.network.dispose();
    throw new UserError(
      `The plan '${plan.name}' keeps the head of ${folder}, which has ${own} classes, and the data has ${classes}.`,
      'Take a plan that adds a new head.',
    );
  }
  const loaded = await loadEncoder(folder, { classes, seed, pooling });
  if (plan.carried.what === 'all-but-head') return loaded;
  const { config, name } = loaded.network;
  try {
    if (loaded.network.layerGroups.some(({ added }) => added))
      throw new UserError(`${folder} has adapters, which '${plan.name}' does not carry.`, 'Take the plan full.');
    const { pooling: own } = loaded.network;
    const network = new EncoderNetwork({ name, config, pooling: own, classes, values: freshValues(seed) });
    try {
      carryOver(network, await networkValues(loaded.network), plan.carried);
      return { ...loaded, network };
    } catch (error) {
      network.dispose();
      throw error;
    }
  } finally {
    loaded.network.dispose();
  }
}

/** The encoder as it was, with its own head where the plan holds to its outputs. */
async function heldEncoder({ folder, plan, settings, seed }: StartEncoderOptions): Promise<EncoderNetwork> {
  const pooling = settings.pooling ?? undefined;
  if (plan.held.to !== 'outputs') return (await loadEncoder(folder, { classes: 1, seed, pooling })).network;
  try {
    return (await loadEncoder(folder, { pooling })).network;
  } catch (error) {
    throw new UserError(
      `The plan '${plan.name}' holds to the outputs of ${folder}, which cannot be had: ${(error as Error).message}`,
      'Take another plan, such as l2-sp or delta.',
      { cause: error },
    );
  }
}
