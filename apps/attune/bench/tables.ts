/**
 * Writes the benchmark's table into the READMEs, from the committed record. Run it after `attune bench`:
 *
 *   npx pnpm -s bench --against torch,tfjs-cpu,tfjs-wasm --json > apps/attune/bench/records/bench.json
 *   node --import tsx -C @attune/source apps/attune/bench/tables.ts
 */
import { readFile } from 'node:fs/promises';
import { markdown } from '@attune/report';
import { updateSection } from '@attune/report/node';
import type { BenchRecord } from '../src/bench/run.ts';
import { benchTable } from '../src/bench/table.ts';

const record = JSON.parse(await readFile(new URL('records/bench.json', import.meta.url), 'utf8')) as BenchRecord;
const { machine } = record;
const versions = new Set(
  record.workloads.flatMap(({ measurements }) => measurements.flatMap(({ version }) => version ?? [])),
);
const caption =
  `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${record.date.slice(0, 10)}; float32, medians of ` +
  `${record.repeats} interleaved runs; a ratio is the other's time over ours, the median over pairs of neighbouring runs, ` +
  `so that above 1 is faster here. Peak: ${record.peakGflops.toFixed(0)} GFLOP/s, a matrix product of 2048. ` +
  `The first step is tracing and compiling. ${[...versions].join(', ')}. Made by \`` +
  `npx pnpm -s bench ${record.command.replace('attune bench', '').trim()}\`.`;

for (const file of ['README.md', 'packages/backend-onnx/README.md'])
  await updateSection(
    new URL(`../../../${file}`, import.meta.url),
    'bench',
    `${markdown(benchTable(record))}\n\n${caption}`,
  );
