/** What a run made, as something that gives texts their probabilities. */
import { join } from 'node:path';
import type { Network } from '@attune/core';
import { UserError } from '@attune/core';
import { computeProbabilities } from '../compute-features.ts';
import type { TextExample } from '../dataset/example.ts';
import { loadEncoder } from '../encoders/checkpoint.ts';
import { type EmbedExamplesOptions, embedExamples } from '../encoders/embed-examples.ts';
import {
  openSentenceEncoder,
  type SentenceEncoder,
  type SentenceEncoderOptions,
} from '../encoders/sentence-encoder.ts';
import { headProbabilities, type LinearHead } from '../linear-head.ts';
import { loadTextNetwork } from '../models/files.ts';
import { type EncodedTexts, encodeExamples } from '../text/encode.ts';
import { loadFrozenHead } from './frozen-head.ts';
import { TEXT_RUN_FILES, type TextRecord } from './record.ts';

export interface TextModel {
  readonly classes: number;
  /** [texts, classes], rows in the order of the texts. */
  probabilities(
    examples: readonly TextExample[],
    onProgress?: (done: number, total: number) => void,
  ): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Of a network, word-level or encoder. Disposes of it. */
export function networkModel(network: Network, encode: (examples: readonly TextExample[]) => EncodedTexts): TextModel {
  return {
    classes: network.classes,
    probabilities: (examples, onProgress) => computeProbabilities(network, encode(examples), { onProgress }),
    dispose: async () => network.dispose(),
  };
}

/** Of a frozen encoder and a head on its embeddings. Disposes of the encoder. */
export function frozenModel(
  encoder: SentenceEncoder,
  head: LinearHead,
  { cacheFolder }: Pick<EmbedExamplesOptions, 'cacheFolder'> = {},
): TextModel {
  return {
    classes: head.classes,
    async probabilities(examples, onProgress) {
      const { values, size } = await embedExamples(encoder, examples, { cacheFolder, onProgress });
      if (size !== head.size)
        throw new UserError(
          `The head is of ${head.size} numbers, and ${encoder.name} gives ${size} for these texts.`,
          'Give pairs of texts where it learnt from pairs, single texts where not.',
        );
      return headProbabilities(head, values);
    },
    dispose: () => encoder.dispose(),
  };
}

export interface LoadRunModelOptions
  extends Pick<SentenceEncoderOptions, 'onDownload'>,
    Pick<EmbedExamplesOptions, 'cacheFolder'> {}

/** The model of a finished run. @throws UserError when a file of it is missing or damaged. */
export async function loadRunModel(
  folder: string,
  { model, settings, classes }: TextRecord,
  options: LoadRunModelOptions = {},
): Promise<TextModel> {
  const loaded = await loadModel(folder, { model, settings }, options);
  if (loaded.classes === classes.length) return loaded;
  await loaded.dispose();
  throw new UserError(
    `The model in ${folder} has ${loaded.classes} outputs, and its run.json names ${classes.length} classes.`,
    'Restore the folder.',
  );
}

async function loadModel(
  folder: string,
  { model, settings }: Pick<TextRecord, 'model' | 'settings'>,
  options: LoadRunModelOptions,
): Promise<TextModel> {
  const { maxLength } = settings;
  switch (model) {
    case 'words': {
      const { network, vocabulary } = await loadTextNetwork(join(folder, TEXT_RUN_FILES.model));
      return networkModel(network, (examples) => encodeExamples(examples, vocabulary, { maxLength }));
    }
    case 'encoder': {
      const { network, tokenizer } = await loadEncoder(join(folder, TEXT_RUN_FILES.encoder));
      return networkModel(network, (examples) => tokenizer.encodeExamples(examples, { maxTokens: maxLength }));
    }
    case 'frozen': {
      const file = join(folder, TEXT_RUN_FILES.head);
      const { head, encoder: name, fingerprint, maxTokens } = await loadFrozenHead(file);
      const encoder = await openSentenceEncoder(name, { maxTokens, onDownload: options.onDownload });
      if (encoder.fingerprint === fingerprint) return frozenModel(encoder, head, options);
      await encoder.dispose();
      throw new UserError(
        `The encoder ${name} is not the one that the head in ${file} was fitted on: its files have changed.`,
        'Restore them, or tune anew.',
      );
    }
    default:
      return model satisfies never;
  }
}
