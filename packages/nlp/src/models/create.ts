/** Any text network from its sizes: those of a file, or of a command's options. */
import { suggestNames, UserError } from '@attune/core';
import { biLstm } from './bi-lstm.ts';
import { cnnPair } from './cnn-pair.ts';
import { lstmClassifier } from './lstm-classifier.ts';
import { textCnn } from './text-cnn.ts';
import { TEXT_ARCHITECTURES, type TextNetwork, type TextNetworkOptions, type TextNetworkSpec } from './text-network.ts';

/** The largest sizes that are taken: far above what is useful, and below what would fill the memory at once. */
const MOST = {
  vocabularySize: 2_000_000,
  classes: 10_000,
  embeddingSize: 4096,
  hiddenSize: 4096,
  window: 64,
  windows: 16,
  layers: 8,
};

/** Weights between the vectors and the head, single numbers: 256 MiB. */
const MOST_HIDDEN = 2 ** 26;

/** @throws UserError for an unknown architecture or a size that is out of range, and names it. */
export function createTextNetwork(spec: TextNetworkSpec, options: TextNetworkOptions = {}): TextNetwork {
  const { architecture, vocabularySize, classes, embeddingSize, hiddenSize, dropout, matching } = spec;
  if (!TEXT_ARCHITECTURES.includes(architecture))
    throw new UserError(
      `There is no text network '${architecture}'.`,
      suggestNames(String(architecture), TEXT_ARCHITECTURES),
    );
  for (const name of ['vocabularySize', 'classes', 'embeddingSize', 'hiddenSize'] as const)
    requireSize(architecture, name, spec[name], MOST[name]);
  if (!(dropout >= 0 && dropout < 1)) fail(architecture, 'dropout', dropout, 'at least 0 and below 1');
  const { windows, layers } = spec;
  if (windows !== undefined) {
    if (!Array.isArray(windows) || windows.length === 0 || windows.length > MOST.windows)
      fail(architecture, 'windows', windows, `a list of 1 to ${MOST.windows}`);
    for (const window of windows) requireSize(architecture, 'window', window, MOST.window);
    if (new Set(windows).size < windows.length) fail(architecture, 'windows', windows, 'of different lengths');
  }
  if (layers !== undefined) requireSize(architecture, 'layers', layers, MOST.layers);
  if (matching !== undefined && matching !== 'concatenation' && matching !== 'heuristics')
    fail(architecture, 'matching', matching, 'concatenation or heuristics');

  const hidden = hiddenValues(spec);
  if (hidden > MOST_HIDDEN)
    throw new UserError(
      `The hidden layers of this ${architecture} would have ${hidden.toLocaleString('en-US')} weights.`,
      `Make it smaller: at most ${MOST_HIDDEN.toLocaleString('en-US')} are taken.`,
    );

  const common = { vocabularySize, classes, embeddingSize, hiddenSize, dropout, ...options };
  switch (architecture) {
    case 'lstm':
      return lstmClassifier(common);
    case 'cnn-pair':
      return cnnPair({ ...common, ...(windows && { window: windows[0]! }), ...(matching && { matching }) });
    case 'text-cnn':
      return textCnn({ ...common, ...(windows && { windows }) });
    case 'bi-lstm':
      return biLstm({ ...common, ...(layers && { layers }) });
    default:
      return architecture satisfies never;
  }
}

/** Weights between the vectors and the head, biases left out. */
function hiddenValues({ architecture, embeddingSize, hiddenSize, windows, layers = 1 }: TextNetworkSpec): number {
  const rows = (windows ?? (architecture === 'cnn-pair' ? [5] : [3, 4, 5])).reduce((sum, window) => sum + window, 0);
  const gates = 4 * hiddenSize;
  switch (architecture) {
    case 'lstm':
      return gates * (embeddingSize + hiddenSize);
    case 'bi-lstm':
      return 2 * gates * (embeddingSize + hiddenSize + (layers - 1) * 3 * hiddenSize);
    case 'text-cnn':
      return rows * embeddingSize * hiddenSize;
    case 'cnn-pair':
      return rows * embeddingSize * hiddenSize + 4 * hiddenSize ** 2;
    default:
      return architecture satisfies never;
  }
}

function requireSize(architecture: string, name: string, size: unknown, most: number): void {
  if (!(Number.isInteger(size) && (size as number) >= 1 && (size as number) <= most))
    fail(architecture, name, size, `a whole number from 1 to ${most}`);
}

function fail(architecture: string, name: string, value: unknown, what: string): never {
  throw new UserError(`The ${name} of ${architecture} cannot be ${JSON.stringify(value)}: it must be ${what}.`);
}
