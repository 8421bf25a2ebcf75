/** The word-level network of Mou et al. 2016, arXiv:1603.06111, pre-trained on reviews, and how a run of it begins. */
import { carryOver, networkValues, type SourceTensors, type TransferPlan, UserError } from '@attune/core';
import {
  carryWords,
  createTextNetwork,
  exampleWords,
  type InitPlan,
  initPlan,
  readTextNetwork,
  type TextExample,
  type TextNetwork,
  type TextNetworkSpec,
  textNetworkFiles,
  tokenise,
  UNKNOWN,
  Vocabulary,
} from '@attune/nlp';
import { initName } from '../init-rows.ts';
import { MOST_WORDS, type TextModel } from './text-model.ts';

export class WordModel implements TextModel {
  readonly parts = 1;
  readonly network: TextNetwork;
  readonly vocabulary: Vocabulary;

  constructor(network: TextNetwork, vocabulary: Vocabulary) {
    this.network = network;
    this.vocabulary = vocabulary;
  }

  words(text: string): string[] {
    return tokenise(text);
  }

  knows(word: string): boolean {
    return this.vocabulary.has(word);
  }

  encode(words: readonly (string | undefined)[]): Int32Array {
    const known = words
      .slice(0, MOST_WORDS)
      .map((word) => (word === undefined ? UNKNOWN : this.vocabulary.indexOf(word)));
    return Int32Array.from(known.length > 0 ? known : [UNKNOWN]);
  }

  files(labels: readonly string[]) {
    return textNetworkFiles(this.network, { vocabulary: this.vocabulary, labels, maxLength: MOST_WORDS });
  }
}

/** A run's start. */
export interface StartedModel<Model extends TextModel = TextModel> {
  readonly model: Model;
  /** Undefined where nothing is to be trained. */
  readonly plan: TransferPlan | undefined;
  readonly name: string;
  readonly line: string;
}

const MEANINGS = { random: 'random', locked: 'copied and locked', tuned: 'copied and fine-tuned' } as const;

export class WordSource {
  readonly vocabulary: Vocabulary;
  readonly classes: readonly string[];
  private readonly spec: TextNetworkSpec;
  private readonly values: SourceTensors;

  private constructor(
    vocabulary: Vocabulary,
    classes: readonly string[],
    spec: TextNetworkSpec,
    values: SourceTensors,
  ) {
    this.vocabulary = vocabulary;
    this.classes = classes;
    this.spec = spec;
    this.values = values;
  }

  static async read(bytes: Uint8Array): Promise<WordSource> {
    const { network, vocabulary, labels } = readTextNetwork(bytes, 'the word-level network');
    const values = await networkValues(network);
    network.dispose();
    return new WordSource(vocabulary, labels!, network.spec, values);
  }

  hasClasses(classes: readonly string[]): boolean {
    return classes.length === this.classes.length && classes.every((name, i) => name === this.classes[i]);
  }

  /**
   * The network for a target as INIT begins it: of the source's words, and then those that only the target's training texts
   * have. The caller disposes of it.
   * @throws UserError when the output is to be copied and the classes are others.
   */
  async start(
    init: InitPlan,
    train: readonly TextExample[],
    classes: readonly string[],
    seed: number,
  ): Promise<StartedModel<WordModel>> {
    if (init.O !== 'random' && !this.hasClasses(classes))
      throw new UserError(
        `The output layer knows the classes ${this.classes.join(' and ')}, and here they are others.`,
        'Let O be random.',
      );
    const own = Vocabulary.fromTexts(exampleWords(train)).words.filter((word) => !this.vocabulary.has(word));
    const vocabulary = new Vocabulary([...this.vocabulary.words, ...own]);
    const network = createTextNetwork(
      { ...this.spec, vocabularySize: vocabulary.size, classes: classes.length },
      { seed },
    );
    // All copied and locked: nothing is to be trained, so it is no plan.
    const plan = Object.values(init).every((each) => each === 'locked') ? undefined : initPlan(init);
    carryOver(
      network,
      await carryWords(this.values, this.vocabulary, network, vocabulary),
      plan?.carried ?? { what: 'everything' },
    );
    const how = [`E ${MEANINGS[init.E]}`, `H ${MEANINGS[init.H]}`, `O ${MEANINGS[init.O]}`].join(', ');
    return { model: new WordModel(network, vocabulary), plan, name: initName(init), line: `INIT: ${how}` };
  }
}
