/**
 * What it takes to read labelled texts: time, and the largest resident set of a process that reads a file of so many rows
 * and keeps nothing. What counts is that more rows take no more memory: the heap is held to `HEAP_MEBIBYTES`, in which a reader
 * that kept what it read would not end.
 *
 *   node --import tsx -C @attune/source packages/nlp/bench/reading.ts [--rows N]
 *
 * Each line is a process of its own. Record: packages/nlp/bench/records/reading.json.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';
import { Random } from '@attune/core';
import { readTexts } from '@attune/nlp';
import { machine, saveBenchRecord } from './bench-record.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    // Of the processes that this one starts.
    read: { type: 'string' },
  },
});
const MEBIBYTE = 1024 * 1024;
const FORMATS = ['csv.gz', 'jsonl'] as const;
const HEAP_MEBIBYTES = 64;

interface Reading {
  readonly rows: number;
  readonly seconds: number;
  /** Largest resident set, MiB. */
  readonly peakMebibytes: number;
}

if (values.read !== undefined) process.stdout.write(JSON.stringify(await read(values.read)));
else await measure(Number(values.rows));

async function measure(rows: number): Promise<void> {
  const on = machine();
  const folder = await mkdtemp(join(tmpdir(), 'reading-'));
  const readings: object[] = [];
  try {
    for (const format of FORMATS)
      for (const count of [rows / 10, rows, 3 * rows]) {
        const file = join(folder, `texts.${format}`);
        await write(file, count);
        const mebibytes = Math.round((await stat(file)).size / MEBIBYTE);
        readings.push({ format, mebibytes, ...(await inProcess(file)) });
        console.error(readings.at(-1));
        await rm(file);
      }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  await saveBenchRecord('reading', { machine: on, heapMebibytes: HEAP_MEBIBYTES, readings });
}

async function read(file: string): Promise<Reading> {
  const started = performance.now();
  let [rows, characters] = [0, 0];
  for await (const { text } of readTexts(file, { text: 'text', label: 'label' })) {
    rows++;
    characters += text.length;
  }
  if (characters === 0) throw new Error('nothing was read');
  return {
    rows,
    seconds: Math.round(performance.now() - started) / 1000,
    peakMebibytes: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

/** Rows of about 100 bytes with a column that is not asked for. */
async function write(file: string, rows: number): Promise<void> {
  const random = Random.fromSeed('reading');
  const output = createWriteStream(file);
  const stream = file.endsWith('.gz') ? createGzip({ level: 1 }) : output;
  if (stream !== output) stream.pipe(output);
  const line = (columns: readonly string[]) => {
    if (file.includes('.csv'))
      return `${columns.map((column) => (column.includes(',') ? `"${column}"` : column)).join(',')}\n`;
    return file.endsWith('.tsv')
      ? `${columns.join('\t')}\n`
      : `${JSON.stringify({ id: columns[0], text: columns[1], label: columns[2] })}\n`;
  };
  if (!file.endsWith('.jsonl')) stream.write(line(['id', 'text', 'label']));
  for (let start = 0; start < rows; start += 1000) {
    let block = '';
    for (let i = start; i < Math.min(start + 1000, rows); i++) {
      const words = Array.from({ length: 12 }, () => random.uint32().toString(36)).join(' ');
      block += line([String(i), `a text, number ${i}: ${words}`, i % 2 === 0 ? 'even' : 'odd']);
    }
    if (!stream.write(block)) await once(stream, 'drain');
  }
  stream.end();
  await once(output, 'close');
}

async function inProcess(file: string): Promise<Reading> {
  const heap = `--max-old-space-size=${HEAP_MEBIBYTES}`;
  const program = [fileURLToPath(import.meta.url), '--read', file];
  const child = spawn(process.execPath, [heap, ...process.execArgv, ...program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`reading ${file} ended with ${status}`);
  return JSON.parse(output) as Reading;
}
