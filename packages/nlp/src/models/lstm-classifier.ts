/**
 * The single-sentence network of Mou et al. 2016, arXiv:1603.06111, figure 1a: word vectors, one LSTM, and a soft-max on its
 * state after the last word.
 */
import { group, Initialiser, stage, type TrunkLayer } from '@attune/zoo';
import { embedding } from './embedding.ts';
import { lstm } from './lstm.ts';
import { lastOfWords, realWords } from './real-words.ts';
import { TextNetwork, type TextNetworkOptions, type TextNetworkSpec } from './text-network.ts';

export interface LstmClassifierOptions extends TextNetworkOptions {
  readonly vocabularySize: number;
  readonly classes: number;
  /** Default 100. */
  readonly embeddingSize?: number;
  /** Default 100. */
  readonly hiddenSize?: number;
  /** Default 0.2. */
  readonly dropout?: number;
}

/** Taps: `embedding` [N, T, E], `lstm` [N, T, H], `last` [N, H]. */
export function lstmClassifier(options: LstmClassifierOptions): TextNetwork {
  const { vocabularySize, classes, embeddingSize = 100, hiddenSize = 100, dropout = 0.2, seed, embeddings } = options;
  const spec: TextNetworkSpec = {
    architecture: 'lstm',
    vocabularySize,
    classes,
    embeddingSize,
    hiddenSize,
    dropout,
  };
  const init = new Initialiser(seed);
  return new TextNetwork({
    spec,
    texts: 1,
    init,
    groups: [
      group('embedding', stage('embedding', embedding({ vocabularySize, embeddingSize, embeddings, seed }))),
      group(
        'hidden',
        stage('lstm', lstm(init, 'lstm', { from: embeddingSize, hidden: hiddenSize })),
        stage('last', last),
      ),
    ],
    channels: hiddenSize,
  });
}

const last: TrunkLayer = { parameters: [], apply: (x, _training, inputs) => lastOfWords(x, realWords(inputs)) };
