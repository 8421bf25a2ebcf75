/**
 * LSTMs in both directions, and the concatenated pooling of ULMFiT (Howard and Ruder 2018, arXiv:1801.06146, section 3.3): the
 * head sees the states after the last word, their maximum and their mean over the words, as what matters in a text may stand
 * anywhere in it.
 */
import { tf } from '@attune/core';
import { group, Initialiser, type StageGroup, stage, type TrunkLayer } from '@attune/zoo';
import { embedding } from './embedding.ts';
import { bidirectionalLstm } from './lstm.ts';
import { firstOfWords, lastOfWords, maxOfWords, meanOfWords, realWords } from './real-words.ts';
import { TextNetwork, type TextNetworkOptions, type TextNetworkSpec } from './text-network.ts';

export interface BiLstmOptions extends TextNetworkOptions {
  readonly vocabularySize: number;
  readonly classes: number;
  /** Default 100. */
  readonly embeddingSize?: number;
  /** State of one direction. Default 100. */
  readonly hiddenSize?: number;
  /** One on top of the other; each is a layer group. Default 1. */
  readonly layers?: number;
  /** Default 0.2. */
  readonly dropout?: number;
}

/** Taps: `embedding` [N, T, E]; `lstm1` [N, T, 2H] and so on; `pooled` [N, 6H]. */
export function biLstm(options: BiLstmOptions): TextNetwork {
  const { vocabularySize, classes, embeddingSize = 100, hiddenSize = 100, layers = 1, dropout = 0.2 } = options;
  const { seed, embeddings } = options;
  const spec: TextNetworkSpec = {
    architecture: 'bi-lstm',
    vocabularySize,
    classes,
    embeddingSize,
    hiddenSize,
    dropout,
    layers,
  };
  const init = new Initialiser(seed);
  const hidden = Array.from({ length: layers }, (_, i): StageGroup => {
    const name = `lstm${i + 1}`;
    const layer = bidirectionalLstm(init, name, i === 0 ? embeddingSize : 2 * hiddenSize, hiddenSize);
    const pooling = i === layers - 1 ? [stage('pooled', pooled(hiddenSize))] : [];
    return group(i === 0 ? 'hidden' : `hidden${i + 1}`, stage(name, layer), ...pooling);
  });
  return new TextNetwork({
    spec,
    texts: 1,
    init,
    groups: [
      group('embedding', stage('embedding', embedding({ vocabularySize, embeddingSize, embeddings, seed }))),
      ...hidden,
    ],
    channels: 6 * hiddenSize,
  });
}

/** Last, maximum and mean. Backwards, the last word that was read is the first. */
function pooled(hidden: number): TrunkLayer {
  return {
    parameters: [],
    apply(x, _training, inputs) {
      const words = realWords(inputs);
      const [forwards, backwards] = tf.split(x, [hidden, hidden], 2) as [tf.Tensor, tf.Tensor];
      return tf.concat(
        [lastOfWords(forwards, words), firstOfWords(backwards, words), maxOfWords(x, words), meanOfWords(x, words)],
        1,
      );
    },
  };
}
