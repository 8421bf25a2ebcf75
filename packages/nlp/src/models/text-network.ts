/** What all word-level networks have in common: their sizes as a value, from which they can be built again. */
import type { NetworkInput } from '@attune/core';
import { type Initialiser, StagedNetwork, type StageGroup } from '@attune/zoo';
import { textHead } from './text-head.ts';

/** `lstm`, `text-cnn` and `bi-lstm` take single texts [N, T], `cnn-pair` takes pairs [N, 2, T]. */
export const TEXT_ARCHITECTURES = ['lstm', 'cnn-pair', 'text-cnn', 'bi-lstm'] as const;

export type TextArchitecture = (typeof TEXT_ARCHITECTURES)[number];

/** Everything that decides a network's shape, to be kept beside its weights. */
export interface TextNetworkSpec {
  readonly architecture: TextArchitecture;
  /** Words in the vocabulary, the two special ones among them: rows of the table of vectors. */
  readonly vocabularySize: number;
  readonly classes: number;
  /** Length of a word's vector. */
  readonly embeddingSize: number;
  /** Length of an LSTM's state, maps of a convolution, outputs of a hidden layer. */
  readonly hiddenSize: number;
  /** Share of the head's inputs that training drops, in [0, 1). */
  readonly dropout: number;
  /** Words in a window: of `cnn-pair` one length, of `text-cnn` several. */
  readonly windows?: readonly number[];
  /** Layers of `bi-lstm`, one on top of the other. */
  readonly layers?: number;
  /** How `cnn-pair` compares the two texts. */
  readonly matching?: Matching;
}

/**
 * What a pair's two vectors u and v become: `concatenation` u, v; `heuristics` u, v, u - v and u * v (Mou et al. 2016, "Natural
 * Language Inference by Tree-Based Convolution and Heuristic Matching", arXiv:1512.08422).
 */
export type Matching = 'concatenation' | 'heuristics';

/** What the functions that build text networks take besides their sizes. */
export interface TextNetworkOptions {
  /** Word vectors, row after row of the vocabulary. Default: drawn. */
  readonly embeddings?: Float32Array | undefined;
  /** Fixes all that is drawn. Undefined: all zero, for a network that is about to be filled from a file. */
  readonly seed?: number | undefined;
}

/** Any length would do: what a network takes is [T] or [2, T] with T of at least 1. */
const EXAMPLE_LENGTH = 4;

export interface TextNetworkParts {
  readonly spec: TextNetworkSpec;
  /** Texts in an example. */
  readonly texts: 1 | 2;
  /** `embedding`, `hidden` and, where there are more, `hidden2` and so on. */
  readonly groups: readonly StageGroup[];
  /** Length of the vector that the head stands on. */
  readonly channels: number;
  readonly init: Initialiser;
}

/**
 * A word-level network. Its layer groups are `embedding`, `hidden` and `head`: E, H and O of Mou et al. 2016. Its input is
 * int32 numbers of words, 0 for padding, which comes after the words and never changes a result.
 */
export class TextNetwork extends StagedNetwork {
  private readonly built: TextNetworkSpec;

  constructor({ spec, texts, groups, channels, init }: TextNetworkParts) {
    const newHead = (drawn: Initialiser, from: number, classes: number) => textHead(drawn, from, classes, spec.dropout);
    const input: NetworkInput = { shape: texts === 1 ? [EXAMPLE_LENGTH] : [2, EXAMPLE_LENGTH], dtype: 'int32' };
    super({
      name: spec.architecture,
      input,
      groups,
      channels,
      head: newHead(init, channels, spec.classes),
      newHead,
    });
    this.built = spec;
  }

  /** The sizes as they are now: the head may have been replaced. */
  get spec(): TextNetworkSpec {
    return { ...this.built, classes: this.classes };
  }
}
