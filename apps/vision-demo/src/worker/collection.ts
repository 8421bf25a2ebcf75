/** The images that are worked on: their classes, and which are trained on and which held back. */
import { UserError } from '@attune/core';
import type { OnProgress } from '@attune/demo-parts/api';
import { breathe } from '@attune/demo-parts/worker';
import { imageTaskExamples, TASKS } from '@attune/test-fixtures';
import { BrokenImage, type Example, type Pixels, stratifiedSplit } from '@attune/vision';
import type { DataSummary, GivenImage } from '../api.ts';
import { bitmapOf, decodeImage } from './decode.ts';

/** Decoded pixels that are kept, bytes: beyond it no images are taken. */
const MEMORY_LIMIT = 512 * 1024 * 1024;

const SPLIT_SEED = 1;
const THUMBNAILS = 6;
const THUMBNAIL_SIDE = 64;

/** Pictures of the built-in sets that are held back, a class. */
const BUILT_IN = { validation: 10, test: 40 } as const;

interface Given extends GivenImage {
  pixels: Pixels;
}

export type Splits = Readonly<Record<'train' | 'validation' | 'test', readonly Example[]>>;

const NO_SPLITS: Splits = { train: [], validation: [], test: [] };

export class Collection {
  classes: readonly string[] = [];
  splits: Splits = NO_SPLITS;
  private title = '';
  private given: Given[] = [];
  private skipped: { name: string; reason: string }[] = [];

  clear(): void {
    this.classes = [];
    this.splits = NO_SPLITS;
    this.title = '';
    this.given = [];
    this.skipped = [];
  }

  /** Generated pictures, drawn here and now. */
  useBuiltIn(name: 'similar' | 'different', perClass: number): void {
    this.clear();
    const task = TASKS[name];
    const draw = (split: string, count: number) =>
      imageTaskExamples(task, split, count, SPLIT_SEED).map((example) => ({ ...example, pixels: breathing(example) }));
    this.title = `Built-in set '${name}'`;
    this.classes = task.classes;
    this.splits = {
      train: draw('train', perClass),
      validation: draw('val', BUILT_IN.validation),
      test: draw('test', BUILT_IN.test),
    };
  }

  /** Adds images of the visitor's; broken ones are left out and named. @throws UserError when there are too many. */
  async add(images: readonly GivenImage[], resize: number, onProgress: OnProgress): Promise<void> {
    if (this.given.length === 0) this.clear();
    let bytes = this.given.reduce((sum, { pixels }) => sum + pixels.data.byteLength, 0);
    const known = new Set(this.given.map(({ name }) => name));
    for (const [i, image] of images.entries()) {
      onProgress(i, images.length);
      if (known.has(image.name)) continue;
      try {
        const pixels = await decodeImage(image.image, resize, image.name);
        bytes += pixels.data.byteLength;
        if (bytes > MEMORY_LIMIT)
          throw new UserError(
            `The images take more than ${MEMORY_LIMIT / 1048576} MiB; ${i} of ${images.length} were taken.`,
            'Use the command line for large sets.',
          );
        this.given.push({ ...image, pixels });
      } catch (error) {
        if (!(error instanceof BrokenImage)) throw error;
        this.skipped.push({ name: error.image, reason: error.reason });
      }
      await breathe();
    }
    this.divide();
  }

  /** Reads the images again, for a network that sees another size. */
  async resize(resize: number): Promise<void> {
    for (const given of this.given) given.pixels = await decodeImage(given.image, resize, given.name);
    if (this.given.length > 0) this.divide();
  }

  private divide(): void {
    this.title = 'Your images';
    this.classes = [...new Set(this.given.map(({ label }) => label))].sort();
    const examples = this.given.map(({ label, name, pixels }) => ({
      name,
      label: this.classes.indexOf(label),
      pixels: breathing({ pixels: () => Promise.resolve(pixels) }),
    }));
    const splits = stratifiedSplit(examples, SPLIT_SEED);
    const of = (split: string) => examples.filter((_, i) => splits[i] === split);
    this.splits = { train: of('train'), validation: of('validation'), test: of('test') };
  }

  /** @throws UserError when there is nothing to tell apart. */
  requireClasses(): void {
    if (this.classes.length < 2)
      throw new UserError(
        this.classes.length === 0 ? 'There are no images yet.' : `All images are of one class, '${this.classes[0]}'.`,
        'Give images of at least two classes.',
      );
  }

  async summary(): Promise<DataSummary> {
    const count = (split: readonly Example[], label: number) =>
      split.filter((example) => example.label === label).length;
    const { train, validation, test } = this.splits;
    const classes = this.classes.map(async (name, label) => {
      const some = train.filter((example) => example.label === label).slice(0, THUMBNAILS);
      return {
        name,
        train: count(train, label),
        validation: count(validation, label),
        test: count(test, label),
        thumbnails: await Promise.all(some.map(async ({ pixels }) => bitmapOf(await pixels(), THUMBNAIL_SIDE))),
      };
    });
    return {
      title: this.title,
      classes: await Promise.all(classes),
      train: train.length,
      validation: validation.length,
      test: test.length,
      skipped: this.skipped,
    };
  }

  /** What predictions are made for: images that were held back, where there are any. */
  heldBack(): { readonly split: 'test' | 'validation' | 'train'; readonly examples: readonly Example[] } {
    for (const split of ['test', 'validation'] as const)
      if (this.splits[split].length > 0) return { split, examples: this.splits[split] };
    return { split: 'train', examples: this.splits.train };
  }
}

/** Pixels are asked for throughout training: a good moment to let messages in. */
function breathing(example: Pick<Example, 'pixels'>): Example['pixels'] {
  return async () => {
    await breathe();
    return example.pixels();
  };
}
