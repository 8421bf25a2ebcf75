/** What is known of a source before any data is read: enough to refuse what does not fit, and to choose settings. */
import { join } from 'node:path';
import type { TransferPlan } from '@attune/core';
import { sha256OfFile } from '@attune/core/node';
import { CHECKPOINT_FILES, readEncoderConfig } from '../encoders/checkpoint.ts';
import type { EncoderConfig } from '../encoders/config.ts';
import {
  openSentenceEncoder,
  type SentenceEncoder,
  type SentenceEncoderOptions,
} from '../encoders/sentence-encoder.ts';
import { loadTextNetwork } from '../models/files.ts';
import type { TextArchitecture } from '../models/text-network.ts';
import type { LoadedTextNetwork } from '../models/text-network-bytes.ts';
import type { TrainedModel } from './settings.ts';
import { locateTextSource } from './source.ts';

export type OpenedSource =
  | { readonly kind: 'architecture'; readonly architecture: TextArchitecture }
  | { readonly kind: 'words'; readonly file: string; readonly loaded: LoadedTextNetwork }
  | { readonly kind: 'encoder'; readonly folder: string; readonly config: EncoderConfig }
  | { readonly kind: 'frozen'; readonly model: string; readonly encoder: SentenceEncoder };

/** @throws UserError when there is no such source, or it cannot be read. */
export async function openTextSource(
  from: string,
  options: Pick<SentenceEncoderOptions, 'offline' | 'onDownload' | 'maxTokens'> = {},
): Promise<OpenedSource> {
  const place = await locateTextSource(from);
  switch (place.kind) {
    case 'architecture':
      return place;
    case 'words':
      return { ...place, loaded: await loadTextNetwork(place.file) };
    case 'encoder':
      return { ...place, config: await readEncoderConfig(place.folder) };
    case 'frozen':
      return { ...place, encoder: await openSentenceEncoder(place.model, options) };
    default:
      return place satisfies never;
  }
}

export async function closeTextSource(source: OpenedSource): Promise<void> {
  if (source.kind === 'words') source.loaded.network.dispose();
  if (source.kind === 'frozen') await source.encoder.dispose();
}

/** The plan where none is said: what suits most data. */
export function defaultPlanName({ kind }: OpenedSource): string {
  // E and H copied and tuned, O at random: what Mou et al. 2016 find best for alike tasks.
  return { architecture: 'scratch', words: 'init-ttr', encoder: 'full', frozen: 'linear-probe' }[kind];
}

/** What settings depend on. */
export function trainedModel(source: OpenedSource): TrainedModel {
  switch (source.kind) {
    case 'architecture':
      return { kind: 'words', spec: { architecture: source.architecture } };
    case 'words':
      return { kind: 'words', spec: source.loaded.network.spec };
    case 'encoder':
      return { kind: 'encoder', config: source.config };
    case 'frozen':
      return { kind: 'frozen', maxTokens: source.encoder.maxTokens };
    default:
      return source satisfies never;
  }
}

/** The weights that a run starts from, for its record; null where nothing of them is used. */
export async function sourceWeights(
  source: OpenedSource,
  { carried, held }: TransferPlan,
): Promise<{ readonly file: string; readonly sha256: string } | null> {
  if (source.kind === 'architecture') return null;
  if (source.kind === 'frozen') return { file: source.model, sha256: source.encoder.fingerprint };
  if (carried.what === 'nothing' && held.to === 'nothing') return null;
  const file = source.kind === 'words' ? source.file : join(source.folder, CHECKPOINT_FILES.weights);
  return { file, sha256: await sha256OfFile(file) };
}
