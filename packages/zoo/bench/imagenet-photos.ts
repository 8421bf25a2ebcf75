/**
 * Names the photos of `imagenet_samples` with the published SqueezeNet 1.0, to show that its weights and its conventions
 * are loaded right: its decoder's check in NumPy reached 67.5 % top-1 and 85.5 % top-5 on 200 such photos.
 *
 *   ATTUNE_DATA=DIR npx tsx --conditions=@attune/source packages/zoo/bench/imagenet-photos.ts [--backend onnx|cpu] [--photos N] [--record]
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { selectBackend, tf, VERSION } from '@attune/core';
import { writeFileAtomic } from '@attune/core/node';
import sharp from 'sharp';
import { dataDirectories, loadPretrained } from '../src/node.ts';

const BATCH = 25;

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'onnx' },
    photos: { type: 'string', default: '125' },
    record: { type: 'boolean', default: false },
  },
});
await selectBackend({ prefer: values.backend });

const network = await loadPretrained('squeezenet1_0');
const { size, resize, mean } = network.preprocessing;
const folder = join(dataDirectories()[0]!, 'vision/imagenet_samples');
const labels = (await readFile(join(folder, 'classes.tsv'), 'utf8'))
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split('\t')[2]!);
const files = (await readdir(join(folder, 'images'))).filter((file) => file.endsWith('.jpg')).sort();
const count = Math.min(Number(values.photos), files.length);
const step = files.length / count;
const chosen = Array.from({ length: count }, (_, i) => files[Math.floor(i * step)]!);

let top1 = 0;
let top5 = 0;
const started = performance.now();
for (let start = 0; start < chosen.length; start += BATCH) {
  const batch = chosen.slice(start, start + BATCH);
  const pixels = await Promise.all(batch.map((file) => photo(join(folder, 'images', file))));
  const scores = tf.tidy(() =>
    network.apply(tf.stack(pixels.map((values) => tf.tensor3d(values, [size, size, 3]))) as tf.Tensor4D),
  );
  const rows = await scores.array();
  scores.dispose();
  for (const [i, row] of rows.entries()) {
    const truth = Number(batch[i]!.slice(0, 4));
    const best = row.map((score, index) => ({ score, index })).sort((a, b) => b.score - a.score);
    const rank = best.findIndex(({ index }) => index === truth);
    if (rank === 0) top1++;
    if (rank < 5) top5++;
    console.log(`${batch[i]}  ${rank === 0 ? 'right' : `named ${labels[best[0]!.index]}, rank ${rank + 1}`}`);
  }
}
const seconds = (performance.now() - started) / 1000;
const share = (hits: number) => `${((100 * hits) / count).toFixed(1)} % (${hits} of ${count})`;
console.log(
  `top-1 ${share(top1)}, top-5 ${share(top5)}, ${(seconds / count).toFixed(3)} s a photo on ${tf.getBackend()}`,
);

if (values.record) {
  const record = { network: network.name, photos: count, top1, top5, backend: tf.getBackend(), version: VERSION };
  const path = new URL('records/imagenet-photos.json', import.meta.url);
  await writeFileAtomic(fileURLToPath(path), `${JSON.stringify(record, null, 2)}\n`);
}

/** Shorter side to `resize`, centre crop of `size`, BGR minus the mean. */
async function photo(path: string): Promise<Float32Array> {
  const { data, info } = await sharp(path)
    .resize(resize, resize, { fit: 'outside' })
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const top = Math.floor((info.height - size) / 2);
  const left = Math.floor((info.width - size) / 2);
  const values = new Float32Array(size * size * 3);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      for (let c = 0; c < 3; c++)
        values[(y * size + x) * 3 + c] = data[((y + top) * info.width + x + left) * 3 + (2 - c)]! - mean[c]!;
  return values;
}
