/**
 * The source networks of the study: one for each seed and kind of word vectors, trained on the source's task, and kept on disk
 * as it was after every epoch. All targets of an experiment begin from it.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
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
import { inTurn } from './claims.ts';
import { SETTINGS, SOURCES, sourceOf } from './settings.ts';
import { onlyMissing } from './study-files.ts';
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

  const doneFile = (seed: number) => join(place(seed), 'done.json');
  const known = async (seed: number): Promise<SourceMetrics | undefined> => {
    const text = await readFile(doneFile(seed), 'utf8').catch(onlyMissing(undefined));
    return text === undefined ? undefined : (JSON.parse(text) as SourceMetrics);
  };

  /** What came of training the source; where that was not done, and is not being done, it is done here. */
  async function trainedMetrics(seed: number): Promise<SourceMetrics> {
    if ((await known(seed)) === undefined)
      await inTurn(folder, basename(place(seed)), async () => {
        if ((await known(seed)) === undefined) await train(seed);
      });
    return (await known(seed))!;
  }

  /** Trains the source, and keeps it after each epoch. */
  async function train(seed: number): Promise<void> {
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
      const metrics: SourceMetrics = {
        validation: history.map((record) => record['validation/accuracy']!),
        seconds: Math.round((performance.now() - started) / 10) / 100,
      };
      await writeFileAtomic(doneFile(seed), JSON.stringify(metrics));
    } finally {
      network.dispose();
    }
  }
  const fileAfter = (seed: number, epoch: number) => join(place(seed), `epoch-${epoch}.safetensors`);
  const bestEpoch = ({ validation }: SourceMetrics) => validation.indexOf(Math.max(...validation)) + 1;

  return {
    create,
    async file(seed, after) {
      return fileAfter(seed, after ?? bestEpoch(await trainedMetrics(seed)));
    },
    async trained(seed, after) {
      const metrics = await trainedMetrics(seed);
      const epochs = after ?? bestEpoch(metrics);
      const { network } = await loadTextNetwork(fileAfter(seed, epochs));
      const values = await networkValues(network);
      network.dispose();
      return { values, epochs, metrics };
    },
  };
}
