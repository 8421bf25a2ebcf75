/** The word-level network that a run starts with: the source's words and the data's, and what the plan carries of the source. */
import { join } from 'node:path';
import type { ExampleSource, Network, TransferPlan } from '@attune/core';
import { carryOver, defined, needsSource, networkValues, Random, UserError } from '@attune/core';
import type { TextExample } from '../dataset/example.ts';
import type { TextDataset } from '../dataset/open.ts';
import { readWordVectors } from '../embeddings/read-word-vectors.ts';
import { carryWords } from '../models/carry-words.ts';
import { createTextNetwork } from '../models/create.ts';
import { extendTextNetwork } from '../models/extend.ts';
import { saveTextNetwork } from '../models/files.ts';
import type { TextNetwork, TextNetworkSpec } from '../models/text-network.ts';
import type { LoadedTextNetwork } from '../models/text-network-bytes.ts';
import { type EncodedTexts, encodeExamples } from '../text/encode.ts';
import { exampleWords } from '../text/example-words.ts';
import { textSource } from '../text/source.ts';
import { Vocabulary } from '../text/vocabulary.ts';
import type { OpenedSource } from './open-source.ts';
import { TEXT_RUN_FILES, type TextSettings } from './record.ts';
import type { Started } from './start.ts';

export interface StartWordsOptions {
  readonly source: OpenedSource & { kind: 'architecture' | 'words' };
  readonly plan: TransferPlan;
  readonly settings: TextSettings;
  readonly dataset: TextDataset;
  readonly seed: number;
  /** A file of word vectors, for words that the source does not bring. */
  readonly vectors: string | undefined;
  /** Texts of the source's task, for plans that go on learning it. */
  readonly sourceData: TextDataset | undefined;
}

/** @throws UserError when the data, the source, the vectors and the plan do not go together. */
export async function startWords(options: StartWordsOptions): Promise<Started> {
  const { source, plan, settings, dataset, seed, sourceData } = options;
  const loaded = source.kind === 'words' ? source.loaded : undefined;
  const words = settings.words!;
  const needsHeld = needsSource(plan.held);
  const fromSource = loaded !== undefined && (plan.carried.what !== 'nothing' || needsHeld);
  checkPlan(options);
  if (loaded && fromSource) checkSource(loaded, (source as OpenedSource & { kind: 'words' }).file, options);

  const texts = [...exampleWords(dataset.splits.train), ...(sourceData ? exampleWords(sourceData.splits.train) : [])];
  const limits = { minimumCount: words.minimumCount, size: words.vocabularySize };
  const vocabulary = fromSource ? loaded.vocabulary.extendedBy(texts, limits) : Vocabulary.fromTexts(texts, limits);
  const vectors =
    options.vectors === undefined
      ? undefined
      : await readWordVectors(options.vectors, {
          vocabulary,
          random: Random.fromSeed(seed).fork('vectors'),
          ...(words.embeddingSize === null ? {} : { size: words.embeddingSize }),
        });
  const classes = dataset.classes.length;
  const { architecture, hiddenSize, dropout, matching } = words;
  const spec: TextNetworkSpec = {
    ...(loaded ? defined({ windows: loaded.network.spec.windows, layers: loaded.network.spec.layers }) : {}),
    architecture,
    hiddenSize,
    dropout,
    ...(matching === null ? {} : { matching }),
    embeddingSize: vectors?.size ?? words.embeddingSize!,
    vocabularySize: vocabulary.size,
    classes,
  };
  const made: Network[] = [];
  const make = (of: TextNetworkSpec, drawn: number) => {
    const network = createTextNetwork(of, { seed: drawn, embeddings: vectors?.vectors });
    made.push(network);
    return network;
  };
  try {
    const network = make(spec, seed);
    let held: TextNetwork | undefined;
    if (loaded && fromSource) {
      const values = await networkValues(loaded.network);
      const tensors = await carryWords(values, loaded.vocabulary, network, vocabulary);
      carryOver(network, tensors, plan.carried);
      if (needsHeld) {
        held = make({ ...spec, classes: loaded.network.classes }, seed);
        carryOver(held, tensors, { what: 'everything' });
      }
    } else if (needsHeld) held = make({ ...spec, classes: sourceData!.classes.length }, seed);
    const lora = extendTextNetwork(network, plan.added, seed);
    const encode = (examples: readonly TextExample[]): EncodedTexts =>
      encodeExamples(examples, vocabulary, { maxLength: settings.maxLength });
    const sourceTrain =
      plan.held.to === 'task' ? sourceTexts(sourceData!, encode, fromSource ? loaded : undefined) : undefined;
    return {
      network,
      held,
      lora,
      sourceTrain,
      encode,
      save: (folder, labels, added) =>
        saveTextNetwork(network, join(folder, TEXT_RUN_FILES.model), { vocabulary, labels, added }),
      notes: [
        `${vocabulary.size} words${fromSource ? `, ${loaded.vocabulary.size} of them with the vectors of the source` : ''}`,
        ...(vectors ? [`${options.vectors} has ${vectors.found} of them, in vectors of ${vectors.size}`] : []),
      ],
    };
  } catch (error) {
    for (const network of made) network.dispose();
    throw error;
  }
}

function checkPlan({ source, plan, dataset, sourceData, settings }: StartWordsOptions): void {
  const { architecture } = settings.words!;
  const takesPairs = architecture === 'cnn-pair';
  if (takesPairs !== dataset.pairs)
    throw new UserError(
      `${architecture} takes ${takesPairs ? 'pairs of texts' : 'single texts'}, and ${dataset.path} has ${dataset.pairs ? 'pairs' : 'single texts'}.`,
      takesPairs ? 'Take text-cnn, lstm or bi-lstm, or name the second text with --pair.' : 'Take cnn-pair.',
    );
  if (plan.held.to === 'task') {
    if (sourceData === undefined)
      throw new UserError(
        `The plan '${plan.name}' goes on learning the source's task, and there are no texts of it.`,
        'Name them with --source-data.',
      );
    if (sourceData.pairs !== dataset.pairs)
      throw new UserError(
        `${sourceData.path} has ${sourceData.pairs ? 'pairs' : 'single texts'}, unlike ${dataset.path}.`,
        'Give texts of the same kind.',
      );
  }
  if (source.kind === 'words') return;
  if (plan.carried.what !== 'nothing' || (needsSource(plan.held) && plan.held.to !== 'task'))
    throw new UserError(
      `The plan '${plan.name}' carries from a source, and ${source.architecture} starts from random values.`,
      'Take the plan scratch, or a source: a run of tune nlp, a .safetensors file, or the folder of an encoder.',
    );
}

function checkSource(
  { network, labels }: LoadedTextNetwork,
  file: string,
  { plan, dataset, settings }: StartWordsOptions,
): void {
  if (network.layerGroups.some(({ added }) => added))
    throw new UserError(
      `The network in ${file} has adapters, which no plan carries.`,
      'Start from the network that it was made from.',
    );
  const { architecture, embeddingSize, hiddenSize, matching } = settings.words!;
  const { spec } = network;
  for (const [name, wanted, own] of [
    ['architecture', architecture, spec.architecture],
    ['length of a word vector', embeddingSize, spec.embeddingSize],
    ['size of the hidden layers', hiddenSize, spec.hiddenSize],
    ['matching', matching, architecture === 'cnn-pair' ? (spec.matching ?? 'concatenation') : null],
  ] as const)
    if (wanted !== own)
      throw new UserError(
        `The ${name} is to be ${wanted}, and that of the source in ${file} is ${own}.`,
        'Leave it out: what is carried over has the size that it has.',
      );
  const keepsHead = plan.added.head === 'none';
  if (keepsHead && network.classes !== dataset.classes.length)
    throw new UserError(
      `The plan '${plan.name}' keeps the output of the source, which has ${network.classes} classes, and the data has ${dataset.classes.length}.`,
      'Take a plan with a new output, such as init-ttr.',
    );
  if (keepsHead && labels !== undefined && labels.join() !== dataset.classes.join())
    throw new UserError(
      `The plan '${plan.name}' keeps the output of the source, whose classes are ${labels.join(', ')}, and those of the data are ${dataset.classes.join(', ')}.`,
      'Give the classes the same names in the same order, or take a plan with a new output, such as init-ttr.',
    );
}

/** Batches of the source's task, with the numbers that the source's head gives its classes. */
function sourceTexts(
  { splits, classes, path }: TextDataset,
  encode: (examples: readonly TextExample[]) => EncodedTexts,
  source: LoadedTextNetwork | undefined,
): ExampleSource {
  const order = source?.labels ?? classes;
  const numberOf = classes.map((name) => order.indexOf(name));
  const missing = numberOf.indexOf(-1);
  if (missing >= 0)
    throw new UserError(
      `${path} has a class '${classes[missing]}' that the source does not know.`,
      `Its classes are: ${order.join(', ')}.`,
    );
  const examples = splits.train.map((example) => ({ ...example, label: numberOf[example.label]! }));
  return textSource(encode(examples), { shuffle: true });
}
