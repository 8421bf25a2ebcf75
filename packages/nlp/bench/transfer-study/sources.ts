/**
 * The source networks of the study: one for each seed and kind of word vectors, trained on the source's task, and kept on disk
 * as it was after every epoch. All targets of an experiment begin from it.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FitOptions, fit, networkValues, type SourceTensors } from '@attune/core';
import { writeFileAtomic } from '@attune/core/node';
import {
  createTextNetwork,
  initPlan,
  loadTextNetwork,
  saveTextNetwork,
  type TextNetwork,
  type TextNetworkSpec,
} from '@attune/nlp';
import { SETTINGS, SOURCES, sourceOf } from './settings.ts';
import type { OpenedExperiment } from './tasks.ts';
import type { Vectors } from './vectors.ts';

export interface SourceNetworks {
  /** A fresh network of the experiment's sizes; its word vectors are drawn by the seed, or given. */
  create(classes: number, seed: number): TextNetwork;
  /** The source after so many epochs; default: after the one with the best validation. */
  trained(seed: number, epochs?: number): Promise<SourceState>;
  /** Where that is kept, with its vocabulary. */
  file(seed: number, epochs?: number): Promise<string>;
}

export interface SourceState {
  readonly values: SourceTensors;
  readonly epochs: number;
  readonly metrics: SourceMetrics;
}

interface SourceMetrics {
  /** Accuracy on the source's validation after each epoch. */
  readonly validation: readonly number[];
  readonly seconds: number;
}

/** @param folder Where they are kept. @param vectors The words' first vectors; undefined: drawn. */
export function sourceNetworks(
  opened: OpenedExperiment,
  { folder, vectors }: { readonly folder: string; readonly vectors: Vectors },
): SourceNetworks {
  const { experiment, vocabulary, source } = opened;
  const spec = (classes: number): TextNetworkSpec => ({
    architecture: experiment.architecture,
    vocabularySize: vocabulary.size,
    classes,
    ...SETTINGS.network,
  });
  const create = (classes: number, seed: number) =>
    createTextNetwork(spec(classes), { seed, ...(vectors.values && { embeddings: vectors.values }) });
  const { epochs, batchSize } = SOURCES[experiment.source]!;
  const place = (seed: number) => join(folder, `${experiment.source}-${vectors.name}-${seed}`);

  /** Trains the source and keeps it after each epoch; where that was done, reads what came of it. */
  async function train(seed: number): Promise<SourceMetrics> {
    const done = join(place(seed), 'done.json');
    const known = await readFile(done, 'utf8').catch(() => undefined);
    if (known !== undefined) return JSON.parse(known) as SourceMetrics;
    await mkdir(place(seed), { recursive: true });
    const network = create(source.classes, seed);
    try {
      const recorder: FitOptions['recorder'] = {
        epoch: ({ epoch }) => saveTextNetwork(network, fileAfter(seed, epoch + 1), { vocabulary }),
        checkpoint: async () => {},
      };
      const started = performance.now();
      const { history } = await fit({
        ...SETTINGS.fit(),
        network,
        plan: initPlan({ E: 'random', H: 'random', O: 'random' }),
        train: sourceOf(source.train, true),
        validation: sourceOf(source.validation, false),
        epochs,
        batchSize,
        seed,
        recorder,
      });
      const metrics = {
        validation: history.map((record) => record['validation/accuracy']!),
        seconds: Math.round((performance.now() - started) / 10) / 100,
      };
      await writeFileAtomic(done, JSON.stringify(metrics));
      return metrics;
    } finally {
      network.dispose();
    }
  }
  const fileAfter = (seed: number, epoch: number) => join(place(seed), `epoch-${epoch}.safetensors`);
  const bestEpoch = ({ validation }: SourceMetrics) => validation.indexOf(Math.max(...validation)) + 1;

  return {
    create,
    async file(seed, after) {
      return fileAfter(seed, after ?? bestEpoch(await train(seed)));
    },
    async trained(seed, after) {
      const metrics = await train(seed);
      const epochs = after ?? bestEpoch(metrics);
      const { network } = await loadTextNetwork(fileAfter(seed, epochs));
      const values = await networkValues(network);
      network.dispose();
      return { values, epochs, metrics };
    },
  };
}
