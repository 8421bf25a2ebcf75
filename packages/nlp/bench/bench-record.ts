/** Records of the programs in this folder: what was measured, and on what. `tables.ts` makes the README's tables of them. */
import { readFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { writeFileAtomic } from '@attune/core/node';

const fileOf = (name: string) => fileURLToPath(new URL(`./records/${name}.json`, import.meta.url));

/** The load is that of now: to be asked before anything is measured. */
export function machine() {
  return {
    processor: cpus()[0]!.model.trim(),
    cores: cpus().length,
    'load at the start': Math.round(100 * loadavg()[0]!) / 100,
    node: process.versions.node,
  };
}

/** Writes `records/<name>.json`, and says where that is. */
export async function saveBenchRecord(
  name: string,
  record: { readonly machine: object } & Readonly<Record<string, unknown>>,
): Promise<void> {
  await writeFileAtomic(fileOf(name), `${JSON.stringify(record, null, 2)}\n`);
  console.log(fileOf(name));
}

export async function readBenchRecord<Content extends object>(name: string): Promise<Content> {
  return JSON.parse(await readFile(fileOf(name), 'utf8')) as Content;
}
