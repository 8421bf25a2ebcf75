/**
 * Text networks as bytes: one safetensors file holds the weights and, in its metadata, the sizes, the vocabulary and the names
 * of the classes. What is read may have been made by a stranger: sizes are compared with the tensors before anything is made.
 */
import {
  type Added,
  LORA_GROUP,
  networkValues,
  parseAdded,
  readSafetensors,
  type SafetensorsFile,
  UserError,
  writeSafetensors,
} from '@attune/core';
import { ATTUNE, assignWeights } from '@attune/zoo';
import { Vocabulary } from '../text/vocabulary.ts';
import { createTextNetwork } from './create.ts';
import { extendTextNetwork } from './extend.ts';
import type { TextNetwork, TextNetworkSpec } from './text-network.ts';

const FORMAT = 'attune-text-network-1';

export interface SaveTextNetworkOptions {
  /** Of the words that the network's table has rows for. */
  readonly vocabulary: Vocabulary;
  /** Names of the classes, in the order of the outputs. */
  readonly labels?: readonly string[] | undefined;
  /** What a plan added to the network. LoRA must be merged by now. */
  readonly added?: Added | undefined;
}

export interface LoadedTextNetwork {
  readonly network: TextNetwork;
  readonly vocabulary: Vocabulary;
  /** Names of the classes, where the file has them. */
  readonly labels: readonly string[] | undefined;
}

/** The whole file. */
export async function writeTextNetwork(
  network: TextNetwork,
  { vocabulary, labels, added }: SaveTextNetworkOptions,
): Promise<Uint8Array> {
  const { spec } = network;
  if (network.layerGroups.some(({ name }) => name === LORA_GROUP))
    throw new Error('LoRA is merged into the weights before a network is saved');
  if (vocabulary.size !== spec.vocabularySize)
    throw new Error(`a vocabulary of ${vocabulary.size} words, and the network has vectors of ${spec.vocabularySize}`);
  const { lora: _merged, ...structure } = added ?? { head: 'new' };
  const metadata = {
    format: FORMAT,
    network: JSON.stringify(spec),
    vocabulary: JSON.stringify(vocabulary),
    ...(Object.keys(structure).length > 1 ? { added: JSON.stringify(structure) } : {}),
    ...(labels ? { labels: JSON.stringify(labels) } : {}),
  };
  return writeSafetensors(await networkValues(network), metadata);
}

/**
 * @param file What the bytes are called in messages.
 * @throws UserError when they are damaged, or not of `writeTextNetwork`.
 */
export function readTextNetwork(bytes: Uint8Array, file: string): LoadedTextNetwork {
  const { metadata, tensors } = readSafetensors(bytes, file);
  if (metadata.format !== FORMAT)
    throw new UserError(`${file} is not a text network saved by this program.`, 'Give the model file of a run.');
  const vocabulary = Vocabulary.fromJSON(parse(metadata, 'vocabulary', file));
  const spec = parse(metadata, 'network', file) as TextNetworkSpec;
  requireSizes(spec, vocabulary, tensors, file);
  const labels = metadata.labels === undefined ? undefined : parse(metadata, 'labels', file);
  if (labels !== undefined && !(Array.isArray(labels) && labels.every((label) => typeof label === 'string')))
    throw new UserError(`The class names in ${file} are not a list of strings.`, 'Restore the file.');
  const added =
    metadata.added === undefined ? undefined : parseAdded(parse(metadata, 'added', file), `${file}, what was added`);
  if (added?.lora)
    throw new UserError(`${file} is of a network with LoRA beside its weights.`, 'Give a file that has it merged.');

  const network = createTextNetwork(spec);
  try {
    if (added) extendTextNetwork(network, added, 0);
    assignWeights(network, tensors, { source: file, convention: ATTUNE });
    return { network, vocabulary, labels };
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/** The largest tables are checked before anything of their size is made; `createTextNetwork` limits the rest. */
function requireSizes(
  spec: TextNetworkSpec,
  vocabulary: Vocabulary,
  tensors: SafetensorsFile['tensors'],
  file: string,
): void {
  const { vocabularySize, embeddingSize, classes } = spec ?? {};
  const shapeOf = (name: string) => tensors.get(name)?.shape.join();
  if (
    shapeOf('embedding.weight') !== `${vocabularySize},${embeddingSize}` ||
    shapeOf('head.bias') !== `${classes}` ||
    vocabulary.size !== vocabularySize
  )
    throw new UserError(
      `The sizes that ${file} says its network has are not those of its weights.`,
      'Restore the file.',
    );
}

function parse(metadata: SafetensorsFile['metadata'], name: string, file: string): unknown {
  try {
    return JSON.parse(metadata[name] ?? '');
  } catch (error) {
    throw new UserError(`The ${name} in ${file} is not JSON.`, 'Restore the file.', { cause: error });
  }
}
