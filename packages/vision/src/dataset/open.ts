/**
 * Opens a data set of images: finds them, decodes every one once (so that a broken image is known before training
 * begins, and not in the middle of an epoch), divides them into splits and takes the fingerprint that results are traced by.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { UserError } from '@attune/core';
import { BrokenImage } from '../images/broken-image.ts';
import type { Pixels } from '../images/decode.ts';
import { decodeImage } from '../images/decode.ts';
import { mapInOrder } from './map-in-order.ts';
import type { FoundImage, SplitName } from './scan.ts';
import { scanImages } from './scan.ts';
import type { SplitShares } from './split.ts';
import { DEFAULT_SHARES, stratifiedSplit } from './split.ts';

/** One image of a data set. */
export interface Example {
  /** Path in the data set, with forward slashes. */
  readonly name: string;
  /** Number of its class. */
  readonly label: number;
  /** Its pixels, the shorter side resized to the data set's `resize`; decoded anew unless they are kept in memory. */
  pixels(): Promise<Pixels>;
}

export interface SkippedImage {
  readonly name: string;
  readonly reason: string;
}

export interface ImageDataset {
  /** As it was opened. */
  readonly path: string;
  /** Names of the classes; a label is a position in this list. */
  readonly classes: readonly string[];
  readonly splits: Readonly<Record<SplitName, readonly Example[]>>;
  /** Splits that the data set gives itself; the others were drawn. */
  readonly givenSplits: readonly SplitName[];
  /** Images that were left out, and why. */
  readonly skipped: readonly SkippedImage[];
  /** SHA-256, hex, over names, sizes and contents of the images, sorted by name. */
  readonly fingerprint: string;
  /** Shorter side of the decoded images, pixels. */
  readonly resize: number;
}

export interface OpenImagesOptions {
  /** What the shorter side of every image is resized to, pixels: a network's `preprocessing.resize`. */
  readonly resize: number;
  /** Fixes the splits. Default 0. */
  readonly seed?: number;
  /** An image that cannot be decoded: left out and reported (`skip`, the default), or an error (`refuse`). */
  readonly onBroken?: 'skip' | 'refuse';
  /** Shares of splits that the data set does not give. */
  readonly shares?: SplitShares;
  /** Decoded pixels that may be kept in memory, bytes; later images are decoded on each use. Default 512 MiB. */
  readonly memory?: number;
  /** Called while images are decoded. */
  readonly onProgress?: (done: number, total: number) => void;
}

const DEFAULT_MEMORY = 512 * 1024 * 1024;

/** @throws UserError when there is no such data set, a class is left without images, or an image is broken and refused. */
export async function openImages(path: string, options: OpenImagesOptions): Promise<ImageDataset> {
  const { resize, seed = 0, onBroken = 'skip', shares = DEFAULT_SHARES, memory = DEFAULT_MEMORY } = options;
  const found = await scanImages(path);
  const hash = createHash('sha256');
  const skipped: SkippedImage[] = found.foreign.map((name) => ({
    name,
    reason: 'only JPEG, PNG and WebP can be read',
  }));
  const readable: { example: Example; split: SplitName | undefined }[] = [];
  let kept = 0;
  let done = 0;
  const opened = mapInOrder(found.images, availableParallelism(), (image) => openImage(image, resize));
  for await (const { image, contentHash, pixels, fault } of opened) {
    options.onProgress?.(++done, found.images.length);
    hash.update(`${JSON.stringify(image.name)} ${contentHash}\n`);
    if (fault !== undefined) {
      if (onBroken === 'refuse') throw fault;
      skipped.push({ name: image.name, reason: fault.reason });
      continue;
    }
    kept += pixels.data.byteLength;
    const remembered = kept <= memory ? Promise.resolve(pixels) : undefined;
    const label = found.classes.indexOf(image.className);
    const decode = async () => decodeImage(await readFile(image.file), resize, image.name);
    readable.push({ example: { name: image.name, label, pixels: () => remembered ?? decode() }, split: image.split });
  }
  const splitOf = stratifiedSplit(
    readable.map(({ example, split }) => ({ label: example.label, split })),
    seed,
    shares,
  );
  const splits: Record<SplitName, Example[]> = { train: [], validation: [], test: [] };
  for (const [i, { example }] of readable.entries()) splits[splitOf[i]!].push(example);
  for (const [label, name] of found.classes.entries())
    if (!splits.train.some((example) => example.label === label))
      throw new UserError(
        `Class '${name}' of ${path} has no readable image to learn from (${skipped.length} images were left out).`,
        `Add images, or remove the class. The first that was left out: ${skipped[0]?.name}: ${skipped[0]?.reason}.`,
      );
  const givenSplits = [...new Set(found.images.flatMap(({ split }) => split ?? []))];
  return { path, classes: found.classes, splits, givenSplits, skipped, fingerprint: hash.digest('hex'), resize };
}

type OpenedImage = { readonly image: FoundImage; readonly contentHash: string } & (
  | { readonly pixels: Pixels; readonly fault?: undefined }
  | { readonly pixels?: undefined; readonly fault: BrokenImage }
);

async function openImage(image: FoundImage, resize: number): Promise<OpenedImage> {
  let contentHash = 'unreadable';
  try {
    const bytes = await readFile(image.file).catch((error: NodeJS.ErrnoException) => {
      throw new BrokenImage(image.name, `it cannot be read (${error.code})`, { cause: error });
    });
    contentHash = `${bytes.byteLength} ${createHash('sha256').update(bytes).digest('hex')}`;
    return { image, contentHash, pixels: await decodeImage(bytes, resize, image.name) };
  } catch (error) {
    if (error instanceof BrokenImage) return { image, contentHash, fault: error };
    throw error;
  }
}
