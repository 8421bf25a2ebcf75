/**
 * The sentence-pair network of Mou et al. 2016, arXiv:1603.06111, figure 1b: one convolution (window 5) with maximum over time
 * makes a vector of either text, and a hidden layer and a soft-max judge the two side by side. The paper concatenates them.
 * Customary besides, and by the same authors for the same data, are their difference and product: see `Matching`.
 */
import { parameterValue, tf } from '@attune/core';
import { group, Initialiser, stage, type TrunkLayer } from '@attune/zoo';
import { embedding } from './embedding.ts';
import { type Matching, TextNetwork, type TextNetworkOptions, type TextNetworkSpec } from './text-network.ts';
import { wordConvolution } from './word-convolution.ts';

export interface CnnPairOptions extends TextNetworkOptions {
  readonly vocabularySize: number;
  readonly classes: number;
  /** Default 100. */
  readonly embeddingSize?: number;
  /** Maps of the convolution, and outputs of the hidden layer. Default 100. */
  readonly hiddenSize?: number;
  /** Words in a window. Default 5. */
  readonly window?: number;
  /** Default `concatenation`. */
  readonly matching?: Matching;
  /** Default 0.2. */
  readonly dropout?: number;
}

/** Taps: `embedding` [N, 2, T, E], `convolution` [N, 2H], with heuristics `match` [N, 4H], `dense` [N, H]. */
export function cnnPair(options: CnnPairOptions): TextNetwork {
  const { vocabularySize, classes, embeddingSize = 100, hiddenSize = 100, window = 5, dropout = 0.2 } = options;
  const { seed, embeddings, matching = 'concatenation' } = options;
  const spec: TextNetworkSpec = {
    architecture: 'cnn-pair',
    vocabularySize,
    classes,
    embeddingSize,
    hiddenSize,
    dropout,
    windows: [window],
    matching,
  };
  const init = new Initialiser(seed);
  const matched = (matching === 'heuristics' ? 4 : 2) * hiddenSize;
  return new TextNetwork({
    spec,
    texts: 2,
    init,
    groups: [
      group('embedding', stage('embedding', embedding({ vocabularySize, embeddingSize, embeddings, seed }))),
      group(
        'hidden',
        stage('convolution', wordConvolution(init, 'convolution', { from: embeddingSize, maps: hiddenSize, window })),
        ...(matching === 'heuristics' ? [stage('match', compared)] : []),
        stage('dense', dense(init, 'dense', matched, hiddenSize)),
      ),
    ],
    channels: hiddenSize,
  });
}

/** u and v side by side, and their difference and product beside them. */
const compared: TrunkLayer = {
  parameters: [],
  apply(x) {
    const [u, v] = tf.split(x, 2, 1) as [tf.Tensor, tf.Tensor];
    return tf.concat([u, v, tf.sub(u, v), tf.mul(u, v)], 1);
  },
};

/** A rectified fully connected layer; parameters `name.weight` [from, to] and `name.bias` [to]. */
function dense(init: Initialiser, name: string, from: number, to: number): TrunkLayer {
  const weight = init.parameter(`${name}.weight`, 'weight', [from, to], 'he');
  const bias = init.parameter(`${name}.bias`, 'bias', [to], 'zeros');
  return {
    parameters: [weight, bias],
    apply: (x) =>
      tf.relu(tf.add(tf.matMul(x as tf.Tensor2D, parameterValue<tf.Rank.R2>(weight)), parameterValue(bias))),
  };
}
