/** Networks in files: pre-trained weights found below the data directories, and trained networks saved and loaded. */
import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Added, ImageNetwork, Lora, SafetensorsFile } from '@attune/core';
import {
  isUserError,
  LORA_GROUP,
  networkValues,
  parseAdded,
  readSafetensors,
  UserError,
  writeSafetensors,
} from '@attune/core';
import { writeFileAtomic } from '@attune/core/node';
import { catalogueEntry, createNetwork } from './catalogue.ts';
import { extendNetwork } from './extend.ts';
import type { PretrainedOptions } from './pretrained.ts';
import { pretrainedNetwork, requireHead } from './pretrained.ts';
import { assignWeights } from './weights/assign.ts';
import { ATTUNE } from './weights/conventions.ts';

/**
 * Where data and weights are looked for, best first: `extra`, `$ATTUNE_DATA`, `$XDG_CACHE_HOME/attune` (or
 * `~/.cache/attune`).
 */
export function dataDirectories(extra: readonly string[] = []): string[] {
  const { ATTUNE_DATA: data, XDG_CACHE_HOME: cache } = process.env;
  return [...extra, ...(data ? [data] : []), join(cache || join(homedir(), '.cache'), 'attune')].map((directory) =>
    resolve(directory),
  );
}

export interface LoadPretrainedOptions extends Omit<PretrainedOptions, 'source'> {
  /** The weights file itself; default: the catalogue's, below the first data directory that has it. */
  readonly weightsFile?: string | undefined;
  /** Data directories that are searched before the usual ones. */
  readonly dataDirectories?: readonly string[] | undefined;
}

/**
 * A network of the catalogue with its pre-trained weights. Without `classes` it is the network as published.
 * @throws UserError when the name is unknown, no weights are found, they do not fit, or no `classes` is given and the file
 *   has no head.
 */
export async function loadPretrained(name: string, options: LoadPretrainedOptions = {}): Promise<ImageNetwork> {
  requireHead(name, options.classes);
  const file = await findPretrained(name, options);
  const { tensors } = await readWeights(file);
  return pretrainedNetwork(name, tensors, { source: file, ...options });
}

/** The file that `loadPretrained` would read. @throws UserError when there is none; it says where one is looked for. */
export async function findPretrained(
  name: string,
  options: Pick<LoadPretrainedOptions, 'weightsFile' | 'dataDirectories'> = {},
): Promise<string> {
  const { weights } = catalogueEntry(name);
  if (options.weightsFile !== undefined) {
    if (await isFile(options.weightsFile)) return options.weightsFile;
    throw new UserError(`There is no weights file ${options.weightsFile}.`, 'Check the path.');
  }
  const candidates = dataDirectories(options.dataDirectories).map((directory) => join(directory, weights.file));
  for (const candidate of candidates) if (await isFile(candidate)) return candidate;
  throw new UserError(
    `The weights of ${name} are not on this machine: looked for ${candidates.join(' and ')}.`,
    `Put them there (${weights.source}), set ATTUNE_DATA to the folder that holds ${weights.file}, or name the file.`,
  );
}

/** What a saved network says about itself, beside its tensors. */
const FORMAT = 'attune-network-1';

/**
 * Writes all parameters, and what `loadNetwork` needs to build the network again, to one safetensors file, atomically.
 * @param labels Names of the classes, in the order of the outputs.
 * @param added What was added to the network of the catalogue. LoRA must be merged by now.
 */
export async function saveNetwork(
  network: ImageNetwork,
  file: string,
  labels?: readonly string[],
  added?: Added,
): Promise<void> {
  await writeFileAtomic(file, await networkBytes(network, labels, added));
}

async function networkBytes(
  network: ImageNetwork,
  labels: readonly string[] | undefined,
  added: Added | undefined,
): Promise<Uint8Array> {
  if (network.layerGroups.some(({ name }) => name === LORA_GROUP))
    throw new Error('LoRA is merged into the weights before a network is saved');
  const { lora: _merged, ...structure } = added ?? { head: 'new' };
  const linear = network.parameters.get('head.weight')?.variable.rank === 2;
  return writeSafetensors(await networkValues(network), {
    format: FORMAT,
    network: network.name,
    classes: String(network.classes),
    size: String(network.preprocessing.size),
    head: linear ? 'linear' : 'published',
    ...(Object.keys(structure).length > 1 ? { added: JSON.stringify(structure) } : {}),
    ...(labels ? { labels: JSON.stringify(labels) } : {}),
  });
}

export interface LoadedNetwork {
  readonly network: ImageNetwork;
  /** Names of the classes, where the file has them. */
  readonly labels: readonly string[] | undefined;
}

/** The network that `saveNetwork` wrote. @throws UserError when the file is missing, damaged, or not of `saveNetwork`. */
export async function loadNetwork(file: string): Promise<LoadedNetwork> {
  const { metadata, tensors } = await readWeights(file);
  if (metadata.format !== FORMAT || metadata.network === undefined)
    throw new UserError(`${file} is not a network saved by this program.`, 'Give the model file of a run.');
  const classes = Number(metadata.classes);
  const outputs = tensors.get('head.bias')?.data.length;
  // Before anything of that size is made.
  if (classes !== outputs)
    throw new UserError(
      `${file} says that it has ${metadata.classes} classes, and its head has ${outputs ?? 'none'}.`,
      'Restore the file.',
    );
  const structure = metadata.added === undefined ? undefined : parseStructure(metadata.added, file);
  const network = extended(
    createNetwork(metadata.network, {
      classes,
      size: Number(metadata.size),
      head: metadata.head === 'published' ? 'published' : 'linear',
    }),
    structure,
    file,
  );
  try {
    assignWeights(network, tensors, { source: file, convention: ATTUNE });
    return { network, labels: metadata.labels === undefined ? undefined : parseLabels(metadata.labels, file) };
  } catch (error) {
    network.dispose();
    throw error;
  }
}

function extended(network: ImageNetwork, added: Added | undefined, file: string): ImageNetwork {
  if (added === undefined) return network;
  try {
    return extendNetwork(network, added, 0).network;
  } catch (error) {
    network.dispose();
    if (!isUserError(error)) throw error;
    throw new UserError(`What was added to the network in ${file} does not fit: ${error.message}`, undefined, {
      cause: error,
    });
  }
}

function parseStructure(text: string, file: string): Added {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(`What was added to the network in ${file} is not JSON.`, 'Restore the file.', { cause: error });
  }
  const added = parseAdded(value, `${file}, what was added`);
  if (added.lora)
    throw new UserError(`${file} is of a network with LoRA beside its weights.`, 'Give a file that has it merged.');
  return added;
}

const LORA_FORMAT = 'attune-lora-1';

/** Writes A and B of every matrix to a small safetensors file, atomically; `readLora` puts them into another network. */
export async function saveLora(lora: Lora, file: string): Promise<void> {
  const { rank, alpha } = lora.settings;
  const metadata = { format: LORA_FORMAT, rank: String(rank), alpha: String(alpha) };
  await writeFileAtomic(file, writeSafetensors(await lora.tensors(), metadata));
}

/**
 * Puts the values that `saveLora` wrote into LoRA of the same settings, on a network with the same weights.
 * @throws UserError when the file is missing, damaged, not of `saveLora`, or of other settings.
 */
export async function readLora(lora: Lora, file: string): Promise<void> {
  const { metadata, tensors } = await readWeights(file);
  if (metadata.format !== LORA_FORMAT)
    throw new UserError(`${file} is not a LoRA file of this program.`, 'Give the LoRA file of a run.');
  const { rank, alpha } = lora.settings;
  if (metadata.rank !== String(rank) || metadata.alpha !== String(alpha))
    throw new UserError(
      `${file} was made with rank ${metadata.rank} and alpha ${metadata.alpha}, and is to be used with ${rank} and ${alpha}.`,
      'Set LoRA up with the values of the file.',
    );
  lora.load(tensors, file);
}

function parseLabels(text: string, file: string): string[] {
  try {
    const labels: unknown = JSON.parse(text);
    if (Array.isArray(labels) && labels.every((label) => typeof label === 'string')) return labels;
  } catch {
    // Said below: the same fault to the user.
  }
  throw new UserError(`The class names in ${file} are not a list of strings.`, 'Restore the file.');
}

async function readWeights(file: string): Promise<SafetensorsFile> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`${file} cannot be read (${error.code}).`, 'Check the path.', { cause: error });
  });
  return readSafetensors(bytes, file);
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
