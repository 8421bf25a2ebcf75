/**
 * What it costs to get at images: how soon a second linear probe starts to train, and how much memory a large folder takes.
 *
 *   node --import tsx -C @attune/source packages/vision/bench/loading.ts [--part probe|memory] [--count N] [--from MODEL]
 *     [--size PX]
 *
 * `probe` (10,000 photos of 320 x 240): each line is a process of its own, from the call of `tuneVision` to the end of the
 * first update. `without the index` opens the data as it was opened before there was one: everything read and decoded.
 * `memory` (100,000 pictures of 16 x 16): an opening, then one epoch of batches, with 64 MiB for decoded pixels; what
 * counts is how the peak grows with the number of images. Records: packages/vision/bench/records/loading-*.json.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Random, selectBackend } from '@attune/core';
import { writeFileAtomic } from '@attune/core/node';
import { DEFAULT_AUGMENTATION, imageSource, openImages, tuneVision } from '@attune/vision';
import { catalogueEntry } from '@attune/zoo';
import sharp from 'sharp';
import { machine } from './study-record.ts';

const { values } = parseArgs({
  options: {
    part: { type: 'string' },
    count: { type: 'string' },
    from: { type: 'string', default: 'shapes_cnn' },
    size: { type: 'string' },
    // Of the processes that this one starts.
    phase: { type: 'string' },
    data: { type: 'string' },
    cache: { type: 'string' },
  },
});
const size = Number(values.size ?? catalogueEntry(values.from).preprocessing.size);
const MEMORY = 64 * 1024 * 1024;
const MEBIBYTE = 1024 * 1024;

if (values.phase !== undefined) process.stdout.write(`${JSON.stringify(await runPhase(values.phase))}\n`);
else {
  if (values.part !== 'memory') await measureProbe(Number(values.count ?? 10_000));
  if (values.part !== 'probe') await measureMemory(Number(values.count ?? 100_000));
}

async function measureProbe(count: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'loading-'));
  try {
    await writePhotos(join(folder, 'data'), count, [320, 240]);
    await settle();
    const phase = (name: string, cache = 'cache') => startPhase(name, join(folder, 'data'), join(folder, cache));
    const first = await phase('probe');
    const second = await phase('probe');
    const opened = { withoutIndex: await phase('open-plain'), withIndex: await phase('open-index') };
    const before = second.seconds - opened.withIndex.seconds + opened.withoutIndex.seconds;
    await writeRecord('probe', {
      images: count,
      pixels: [320, 240],
      from: values.from,
      size,
      secondsToFirstUpdate: {
        firstRun: first.seconds,
        secondRun: second.seconds,
        secondRunWithoutTheIndex: round(before),
      },
      secondsToOpen: { withoutIndex: opened.withoutIndex.seconds, withIndex: opened.withIndex.seconds },
      peakMebibytes: { firstRun: first.peak, secondRun: second.peak },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureMemory(count: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'loading-'));
  try {
    const rows = [];
    let written = 0;
    for (const images of [count / 20, count / 4, count]) {
      await writeSmallPictures(join(folder, 'data'), written, images);
      written = images;
      const { seconds, peak } = await startPhase('epoch', join(folder, 'data'), join(folder, `cache-${images}`));
      rows.push({ images, seconds, peakMebibytes: peak });
      console.error(rows.at(-1));
    }
    await writeRecord('memory', { pixelsKeptMebibytes: MEMORY / MEBIBYTE, rows });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface PhaseResult {
  readonly seconds: number;
  /** Largest resident set, MiB. */
  readonly peak: number;
}

async function runPhase(phase: string): Promise<PhaseResult> {
  const [data, cache] = [values.data!, values.cache!];
  let started = performance.now();
  const result = (): PhaseResult => ({
    seconds: round((performance.now() - started) / 1000),
    peak: Math.round(process.resourceUsage().maxRSS / 1024),
  });
  if (phase === 'open-plain') await openImages(data, { resize: size });
  else if (phase === 'open-index') await openImages(data, { resize: size, indexFolder: cache });
  else if (phase === 'epoch') {
    const { splits, classes } = await openImages(data, { resize: 48, indexFolder: cache, memory: MEMORY });
    const preprocessing = { size: 32, resize: 48, channels: 'rgb', mean: [0, 0, 0], std: [1, 1, 1] } as const;
    const source = imageSource(splits.train, {
      preprocessing,
      classes: classes.length,
      augmentation: DEFAULT_AUGMENTATION,
    });
    const request = { epoch: 0, batchSize: 64, firstBatch: 0, random: Random.fromSeed(1) };
    for await (const batch of source.batches(request)) if (batch.labels.length === 0) throw new Error('an empty batch');
  } else if (phase === 'probe') {
    await selectBackend();
    started = performance.now();
    const stop = new AbortController();
    let first: PhaseResult | undefined;
    await tuneVision({
      data,
      from: values.from,
      plan: 'linear-probe',
      featureCache: cache,
      settings: { epochs: 1, size },
      dataDirectories: process.env.ATTUNE_DATA === undefined ? [fixtures()] : [process.env.ATTUNE_DATA],
      signal: stop.signal,
      progress: {
        step: () => {
          first ??= result();
          stop.abort();
        },
        epoch: () => {},
      },
    }).catch((error: unknown) => {
      if (first === undefined) throw error;
    });
    return first!;
  } else throw new Error(`There is no phase '${phase}'.`);
  return result();
}

function fixtures(): string {
  return fileURLToPath(new URL('../../../test-fixtures/data', import.meta.url));
}

async function startPhase(phase: string, data: string, cache: string): Promise<PhaseResult> {
  const args = ['--phase', phase, '--data', data, '--cache', cache, '--from', values.from, '--size', String(size)];
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const status = await new Promise((resolve) => child.on('close', resolve));
  if (status !== 0) throw new Error(`${phase} ended with ${status}`);
  const result = JSON.parse(output.trim().split('\n').at(-1)!) as PhaseResult;
  console.error(phase, result);
  return result;
}

/** Two classes of photos that all differ. */
async function writePhotos(folder: string, count: number, [width, height]: [number, number]): Promise<void> {
  for (const name of ['bright', 'dark']) await mkdir(join(folder, name), { recursive: true });
  const random = Random.fromSeed('photos');
  for (let start = 0; start < count; start += 64)
    await Promise.all(
      Array.from({ length: Math.min(64, count - start) }, async (_, i) => {
        const data = smooth(width, height, (start + i) % 2 === 0 ? 160 : 20, random);
        const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
          .jpeg()
          .toBuffer();
        await writeFile(join(folder, fileName(start + i, 'jpg')), bytes);
      }),
    );
}

/** Files from..to - 1: one small picture, with other bytes after its end in each file. */
async function writeSmallPictures(folder: string, from: number, to: number): Promise<void> {
  for (const name of ['bright', 'dark']) await mkdir(join(folder, name), { recursive: true });
  const picture = await sharp(smooth(16, 16, 50, Random.fromSeed('small')), {
    raw: { width: 16, height: 16, channels: 3 },
  })
    .png()
    .toBuffer();
  for (let i = from; i < to; i++)
    await writeFile(join(folder, fileName(i, 'png')), Buffer.concat([picture, Buffer.from(String(i))]));
}

function fileName(i: number, extension: string): string {
  return join(i % 2 === 0 ? 'bright' : 'dark', `${String(i).padStart(6, '0')}.${extension}`);
}

/** Waves of random lengths around a brightness: about as much to compress as in a photo. */
function smooth(width: number, height: number, level: number, random: Random): Uint8Array {
  const waves = Array.from({ length: 3 }, () => [
    random.uniform(0.01, 0.5),
    random.uniform(0.01, 0.5),
    random.uniform(0, 6),
  ]);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++)
        data[(y * width + x) * 3 + c] =
          level + 30 + 30 * Math.sin(waves[c]![0]! * x + waves[c]![1]! * y + waves[c]![2]!);
  return data;
}

/** Files that were written just now are not relied on by the index. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 3000));
}

async function writeRecord(part: string, record: object): Promise<void> {
  const file = fileURLToPath(new URL(`./records/loading-${part}.json`, import.meta.url));
  await writeFileAtomic(
    file,
    `${JSON.stringify({ machine: machine(), node: process.versions.node, ...record }, null, 2)}\n`,
  );
  console.log(file);
}

function round(seconds: number): number {
  return Math.round(1000 * seconds) / 1000;
}
