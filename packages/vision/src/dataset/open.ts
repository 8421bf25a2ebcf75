/**
 * Opens a data set of images: finds them, decodes every one once (so that a broken image is known before training
 * begins, and not in the middle of an epoch), divides them into splits and takes the fingerprint that results are traced by.
 * With an index, files that were decoded in an earlier opening and have not changed since are not touched.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { DEFAULT_SHARES, type SplitName, type SplitShares, UserError } from '@attune/core';
import { BrokenImage } from '../images/broken-image.ts';
import type { Pixels } from '../images/decode.ts';
import { decodeImage } from '../images/decode.ts';
import { READABLE_FORMATS } from '../images/sniff.ts';
import type { IndexEntry } from './image-index.ts';
import { indexFile, isSettled, readIndex, sameStamp, stampOf, unchangedImages, writeIndex } from './image-index.ts';
import { KeptPixels } from './kept-pixels.ts';
import type { LabelKind, Labelled } from './labels.ts';
import { labelsOf } from './labels.ts';
import { mapInOrder } from './map-in-order.ts';
import type { FoundImage } from './scan.ts';
import { scanImages } from './scan.ts';
import { stratifiedSplit } from './split.ts';
import { datasetWarnings } from './warnings.ts';

/** One image of a data set. */
export interface Example extends Labelled {
  /** Path in the data set, with forward slashes. */
  readonly name: string;
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
  /** Whether every image has one class, or any number of labels. */
  readonly labels: LabelKind;
  /** Names of the classes; a label is a position in this list. */
  readonly classes: readonly string[];
  readonly splits: Readonly<Record<SplitName, readonly Example[]>>;
  /** Splits that the data set gives itself; the others were drawn. */
  readonly givenSplits: readonly SplitName[];
  /** Images that were left out, and why. */
  readonly skipped: readonly SkippedImage[];
  /** What is wrong with the data and does not keep from learning: sentences. */
  readonly warnings: readonly string[];
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
  /** Default: `multi` for a manifest with a `|` between the labels of any image, else `single`. See `scanImages`. */
  readonly labels?: LabelKind | undefined;
  /** Shares of splits that the data set does not give. */
  readonly shares?: SplitShares;
  /** Decoded pixels that may be kept in memory, bytes; later images are decoded on each use. Default 512 MiB. */
  readonly memory?: number;
  /** Folder where an index is kept, so that the next opening does not read unchanged files. Undefined: all are read. */
  readonly indexFolder?: string | undefined;
  /** Called while images are decoded. */
  readonly onProgress?: (done: number, total: number) => void;
}

const DEFAULT_MEMORY = 512 * 1024 * 1024;

/** @throws UserError when there is no such data set, a class is left without images, or an image is broken and refused. */
export async function openImages(path: string, options: OpenImagesOptions): Promise<ImageDataset> {
  const { resize, seed = 0, onBroken = 'skip', shares = DEFAULT_SHARES, memory = DEFAULT_MEMORY } = options;
  const found = await scanImages(path, options.labels);
  const file = options.indexFolder === undefined ? undefined : indexFile(options.indexFolder, path);
  const before = file === undefined ? new Map<string, IndexEntry>() : await readIndex(file);
  const unchanged = await unchangedImages(found.images, before);
  const index = new Map(unchanged);
  const kept = new KeptPixels(memory);
  const numbers = new Map(found.classes.map((name, label) => [name, label]));
  const hash = createHash('sha256');
  const skipped: SkippedImage[] = found.foreign.map((name) => ({
    name,
    reason: `only ${READABLE_FORMATS} can be read`,
  }));
  const readable: { example: Example; split: SplitName | undefined; content: string }[] = [];
  let done = 0;
  const opened = mapInOrder<FoundImage, OpenedImage>(found.images, availableParallelism(), (image) => {
    const entry = unchanged.get(image.name);
    return entry ? { image, entry } : openImage(image, resize);
  });
  for await (const { image, entry, settled, pixels } of opened) {
    options.onProgress?.(++done, found.images.length);
    if (settled) index.set(image.name, entry);
    hash.update(`${JSON.stringify(image.name)} ${describeContent(entry)}\n`);
    if (entry.fault !== null) {
      if (onBroken === 'refuse') throw new BrokenImage(image.name, entry.fault);
      skipped.push({ name: image.name, reason: entry.fault });
      continue;
    }
    if (pixels) kept.offer(image.name, pixels);
    const own = image.classNames.map((name) => numbers.get(name)!);
    const labelled = found.labels === 'multi' ? { label: -1, targets: own.sort((a, b) => a - b) } : { label: own[0]! };
    const example = exampleOf(image, labelled, resize, kept);
    readable.push({ example, split: image.split, content: entry.content });
  }
  if (file !== undefined && index.size > unchanged.size) await writeIndex(file, index);
  const splitOf = stratifiedSplit(
    readable.map(({ example: { label, targets }, split }) => ({ label, targets, split })),
    seed,
    shares,
  );
  const splits: Record<SplitName, Example[]> = { train: [], validation: [], test: [] };
  for (const [i, { example }] of readable.entries()) splits[splitOf[i]!].push(example);
  const trained = new Set(splits.train.flatMap(labelsOf));
  for (const [label, name] of found.classes.entries())
    if (!trained.has(label))
      throw new UserError(
        `Class '${name}' of ${path} has no readable image to learn from (${skipped.length} images were left out).`,
        `Add images, or remove the class. The first that was left out: ${skipped[0]?.name}: ${skipped[0]?.reason}.`,
      );
  const checked = readable.map(({ example: { name, label, targets }, content }, i) => ({
    name,
    label,
    targets,
    split: splitOf[i]!,
    content,
  }));
  return {
    path,
    labels: found.labels,
    classes: found.classes,
    splits,
    givenSplits: [...new Set(found.images.flatMap(({ split }) => split ?? []))],
    skipped,
    warnings: [...found.warnings, ...datasetWarnings(found.classes, checked)],
    fingerprint: hash.digest('hex'),
    resize,
  };
}

/** A function of its own: what it closes over lives as long as the example, and that is to be little. */
function exampleOf({ name, file }: FoundImage, labelled: Labelled, resize: number, kept: KeptPixels): Example {
  return {
    name,
    ...labelled,
    pixels: () => kept.take(name, async () => decodeImage(await readFile(file), resize, name)),
  };
}

interface OpenedImage {
  readonly image: FoundImage;
  readonly entry: IndexEntry;
  /** Whether the entry may be relied on in the next opening. */
  readonly settled?: boolean;
  readonly pixels?: Pixels;
}

/** Content of a file that could not be read. */
const UNREADABLE = '';

async function openImage(image: FoundImage, resize: number): Promise<OpenedImage> {
  const stamp = await stampOf(image.file);
  const bytes = await readFile(image.file).catch((error: NodeJS.ErrnoException) => error);
  if (!(bytes instanceof Uint8Array)) {
    const fault = `it cannot be read (${bytes.code})`;
    return { image, entry: { size: 0, modified: 0, changed: 0, content: UNREADABLE, fault } };
  }
  const entry = {
    ...(stamp ?? { modified: 0, changed: 0 }),
    size: bytes.byteLength,
    content: createHash('sha256').update(bytes).digest('hex'),
  };
  // Stamps from before and after it was read: what was written meanwhile would show.
  const after = await stampOf(image.file);
  const settled = stamp !== undefined && after !== undefined && sameStamp(after, entry) && isSettled(stamp);
  try {
    const pixels = await decodeImage(bytes, resize, image.name);
    return { image, settled, entry: { ...entry, fault: null }, pixels };
  } catch (error) {
    if (!(error instanceof BrokenImage)) throw error;
    return { image, settled, entry: { ...entry, fault: error.reason } };
  }
}

/** As the fingerprint takes it. */
function describeContent({ size, content }: IndexEntry): string {
  return content === UNREADABLE ? 'unreadable' : `${size} ${content}`;
}
