/**
 * Whether loading keeps up with training: the share of its time that training waits for batches, with decoded photos kept
 * in memory and with every photo decoded on each use. Random crops, mirror images and jitter, as in full fine-tuning.
 *
 *   ATTUNE_DATA=DIR node --import tsx -C @attune/source packages/vision/bench/stall.ts
 *
 * Record: packages/vision/bench/records/stall.json.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { selectBackend } from '@attune/core';
import { writeFileAtomic } from '@attune/core/node';
import { tuneVision } from '@attune/vision';
import { machine, round } from './study-record.ts';

const root = process.env.ATTUNE_DATA;
if (root === undefined) throw new Error('Set ATTUNE_DATA to the folder that holds vision/.');
const backend = await selectBackend();
const DATA = 'vision/hymenoptera';
const rows = [];
for (const [pixels, memory] of [
  ['kept in memory', undefined],
  ['decoded on each use', 0],
] as const) {
  const { network, fit } = await tuneVision({
    data: join(root, DATA),
    from: 'mobilenet_v2_035',
    plan: 'full',
    settings: { epochs: 2, size: 160 },
    dataDirectories: [root],
    ...(memory === undefined ? {} : { memory }),
  });
  network.dispose();
  // The first epoch traces and compiles its step.
  const { 'charts/stall_share': stall, 'charts/seconds': seconds } = fit.history[1]!;
  rows.push({ pixels, stallShare: round(stall!), seconds: round(seconds) });
  console.log(rows.at(-1));
}
const record = { machine: machine(), backend: backend.name, data: DATA, from: 'mobilenet_v2_035', size: 160, rows };
await writeFileAtomic(
  fileURLToPath(new URL('./records/stall.json', import.meta.url)),
  `${JSON.stringify(record, null, 2)}\n`,
);
