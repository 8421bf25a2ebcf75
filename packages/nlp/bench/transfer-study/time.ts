/** How long the study took: the sittings in which it was run. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@attune/core/node';
import { machine } from '../bench-record.ts';
import { RECORDS } from './study-files.ts';

export interface Sitting {
  readonly date: string;
  readonly machine: ReturnType<typeof machine>;
  readonly seconds: number;
}

const FILE = join(RECORDS, 'time.json');

/** To be asked before anything is run: it notes the load. */
export const startSitting = (): Sitting => ({ date: new Date().toISOString(), machine: machine(), seconds: 0 });

export async function readSittings(): Promise<readonly Sitting[]> {
  const text = await readFile(FILE, 'utf8').catch(() => '[]');
  return JSON.parse(text) as Sitting[];
}

/** Keeps a sitting, in place of what was known of it. */
export async function saveSitting(sitting: Sitting): Promise<void> {
  const others = (await readSittings()).filter(({ date }) => date !== sitting.date);
  await writeFileAtomic(FILE, `${JSON.stringify([...others, sitting], null, 2)}\n`);
}
