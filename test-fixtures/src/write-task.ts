/** The generated tasks as folders of PNG files. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { picture } from './task-examples.ts';
import type { ImageTask } from './tasks.ts';
import { PICTURE_SIZE } from './tasks.ts';

export interface WriteTaskOptions {
  /** Pictures of each class: one number for a folder a class, or one for each split, below its own folder. */
  readonly perClass: number | Readonly<Partial<Record<'train' | 'val' | 'test', number>>>;
  readonly seed: number;
}

/** Writes `folder/class/000.png`, or `folder/split/class/000.png`. The same options write the same bytes. */
export async function writeImageTask(
  folder: string,
  task: ImageTask,
  { perClass, seed }: WriteTaskOptions,
): Promise<void> {
  const parts = typeof perClass === 'number' ? { '': perClass } : perClass;
  for (const [split, count] of Object.entries(parts))
    for (const [label, name] of task.classes.entries()) {
      const place = join(folder, split, name);
      await mkdir(place, { recursive: true });
      for (let i = 0; i < count; i++)
        await sharp(picture(task, split, label, i, seed), {
          raw: { width: PICTURE_SIZE, height: PICTURE_SIZE, channels: 3 },
        })
          .png()
          .toFile(join(place, `${String(i).padStart(3, '0')}.png`));
    }
}
