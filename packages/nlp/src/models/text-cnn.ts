/**
 * The convolutional network of Kim 2014, arXiv:1408.5882: windows of several lengths, the maximum over time of each map,
 * dropout, soft-max. His CNN-non-static where vectors are given; the limit on the norm of the head's columns is left out, as
 * it hardly matters (Zhang and Wallace 2015, arXiv:1510.03820, section 4.7).
 */
import { tf } from '@attune/core';
import { group, Initialiser, stage, type TrunkLayer } from '@attune/zoo';
import { embedding } from './embedding.ts';
import { TextNetwork, type TextNetworkOptions, type TextNetworkSpec } from './text-network.ts';
import { wordConvolution } from './word-convolution.ts';

export interface TextCnnOptions extends TextNetworkOptions {
  readonly vocabularySize: number;
  readonly classes: number;
  /** Default 100. */
  readonly embeddingSize?: number;
  /** Maps of each window length. Default 100. */
  readonly hiddenSize?: number;
  /** Words in a window. Default 3, 4 and 5. */
  readonly windows?: readonly number[];
  /** Default 0.5. */
  readonly dropout?: number;
}

/** Taps: `embedding` [N, T, E], `convolution` [N, windows * maps]. */
export function textCnn(options: TextCnnOptions): TextNetwork {
  const {
    vocabularySize,
    classes,
    embeddingSize = 100,
    hiddenSize = 100,
    windows = [3, 4, 5],
    dropout = 0.5,
  } = options;
  const { seed, embeddings } = options;
  const spec: TextNetworkSpec = {
    architecture: 'text-cnn',
    vocabularySize,
    classes,
    embeddingSize,
    hiddenSize,
    dropout,
    windows,
  };
  const init = new Initialiser(seed);
  const convolutions = windows.map((window) =>
    wordConvolution(init, `window${window}`, { from: embeddingSize, maps: hiddenSize, window }),
  );
  return new TextNetwork({
    spec,
    texts: 1,
    init,
    groups: [
      group('embedding', stage('embedding', embedding({ vocabularySize, embeddingSize, embeddings, seed }))),
      group('hidden', stage('convolution', sideBySide(convolutions))),
    ],
    channels: windows.length * hiddenSize,
  });
}

/** All on the same words; their vectors one after the other. */
function sideBySide(layers: readonly TrunkLayer[]): TrunkLayer {
  return {
    parameters: layers.flatMap(({ parameters }) => parameters),
    apply: (x, training, inputs) =>
      tf.concat(
        layers.map((layer) => layer.apply(x, training, inputs)),
        1,
      ),
  };
}
