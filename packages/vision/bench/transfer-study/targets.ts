/**
 * The study's target tasks: small and large, like the source (photos of things) and unlike it (scans, digits, letters). How
 * each data set came about, and what is doubtful about it, stands in the README of its folder.
 */

import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Augmentation } from '@attune/vision';
import { NO_AUGMENTATION } from '@attune/vision';

export interface Target {
  readonly name: string;
  readonly classes: number;
  /** By what the pictures show; the source is ImageNet. */
  readonly kind: 'similar' | 'different';
  /** Side of the networks' input, pixels. Small pictures are not enlarged beyond twice their size. */
  readonly pixels: number;
  /** Images a class to learn from. */
  readonly sizes: readonly number[];
  /** Images a class to test on, at most. */
  readonly test: number;
  /** Images a class that learning rates are chosen on; they are of the training split, and are not learned from then. */
  readonly validation: number;
  /** Whether a mirror image is of the same class. */
  readonly mirror: boolean;
  /** The folder with `train` and `test`. */
  prepare(data: string, cache: string): Promise<string>;
}

const given = (name: string) => async (data: string) => join(data, 'vision', name);

export const TARGETS: readonly Target[] = [
  {
    name: 'flowers',
    classes: 5,
    kind: 'similar',
    pixels: 80,
    sizes: [5, 10, 20, 50, 100, 300],
    test: 80,
    validation: 40,
    mirror: true,
    prepare: given('flowers'),
  },
  {
    name: 'hymenoptera',
    classes: 2,
    kind: 'similar',
    pixels: 80,
    sizes: [5, 10, 20, 50, 100],
    test: 83,
    validation: 40,
    mirror: true,
    prepare: given('hymenoptera'),
  },
  {
    name: 'cifar10',
    classes: 10,
    kind: 'similar',
    pixels: 64,
    sizes: [5, 10, 20, 50, 100, 1000],
    test: 40,
    validation: 20,
    mirror: true,
    prepare: given('cifar10'),
  },
  {
    name: 'medical_mnist',
    classes: 6,
    kind: 'different',
    pixels: 64,
    sizes: [5, 10, 20, 50, 100, 300],
    test: 66,
    validation: 30,
    mirror: false,
    prepare: given('medical_mnist'),
  },
  {
    name: 'mnist',
    classes: 10,
    kind: 'different',
    pixels: 64,
    sizes: [5, 10, 20, 50, 100, 500],
    test: 40,
    validation: 20,
    mirror: false,
    prepare: given('mnist'),
  },
  {
    // 20 letters of three alphabets, each drawn by 20 people: 10 to learn from, 10 to test.
    name: 'omniglot',
    classes: 20,
    kind: 'different',
    pixels: 64,
    sizes: [5, 10],
    test: 10,
    validation: 5,
    mirror: false,
    prepare: omniglot,
  },
];

/** Small generated tasks, for a look at the program in minutes: pictures like the embedded network's source, and unlike. */
export const QUICK_TARGETS: readonly Target[] = (['similar', 'different'] as const).map((kind) => ({
  name: kind,
  classes: 5,
  kind,
  pixels: 32,
  sizes: [20],
  test: 20,
  validation: 20,
  mirror: false,
  prepare: (_, cache) => generated(cache, kind),
}));

async function generated(cache: string, kind: string): Promise<string> {
  const folder = join(cache, 'generated');
  const script = fileURLToPath(new URL('../../../../test-fixtures/scripts/write-tasks.ts', import.meta.url));
  if ((await readdir(join(folder, kind)).catch(() => [])).length < 2)
    execFileSync(process.execPath, ['--import', 'tsx', '-C', '@attune/source', script, folder]);
  return join(folder, kind);
}

/** The embedded network's weights are found here. */
export const FIXTURES: string = fileURLToPath(new URL('../../../../test-fixtures/data', import.meta.url));

/** Mirror images where they are of the same class, and mild crops. */
export function augmentationOf({ mirror }: Target): Augmentation {
  return { ...NO_AUGMENTATION, flip: mirror, crop: { scale: [0.6, 1], ratio: [4 / 5, 5 / 4] } };
}

/** Letters of each alphabet, the first by name. */
const LETTERS = { Balinese: 7, Early_Aramaic: 7, Korean: 6 } as const;
/** Of each letter's 20 drawings, the first by name. */
const TO_LEARN = 10;

/** Unpacks the letters once, and lays them out as a folder a class. */
async function omniglot(data: string, cache: string): Promise<string> {
  const folder = join(cache, 'omniglot');
  if ((await readdir(folder).catch(() => [])).length === 2) return folder;
  const unpacked = join(cache, 'omniglot-unpacked');
  await rm(unpacked, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
  await mkdir(unpacked, { recursive: true });
  const archive = join(data, 'vision/omniglot_small/images_background_small1.zip');
  execFileSync('python3', ['-m', 'zipfile', '-e', archive, unpacked]);
  for (const [alphabet, letters] of Object.entries(LETTERS)) {
    const place = join(unpacked, 'images_background_small1', alphabet);
    for (const letter of (await readdir(place)).sort().slice(0, letters)) {
      const drawings = (await readdir(join(place, letter))).sort();
      for (const [i, drawing] of drawings.entries()) {
        const to = join(folder, i < TO_LEARN ? 'train' : 'test', `${alphabet}-${letter}`);
        await mkdir(to, { recursive: true });
        await rename(join(place, letter, drawing), join(to, drawing));
      }
    }
  }
  await rm(unpacked, { recursive: true });
  return folder;
}
