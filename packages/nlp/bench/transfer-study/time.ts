/** How long the study took: the sittings in which it was run. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measurePeak, selectBackend } from '@attune/core';
import { writeFileAtomic } from '@attune/core/node';
import { machine } from '../bench-record.ts';
import { onlyMissing, RECORDS } from './study-files.ts';

export interface Sitting {
  readonly date: string;
  readonly machine: ReturnType<typeof machine> & {
    /** Of a matrix product of 2048 on all cores. */
    readonly peakGflops: number;
  };
  /** From its start to its end, or to when it was killed. */
  readonly seconds: number;
  /** Of these, until what the paper asked was answered. */
  readonly studySeconds: number;
}

const FILE = join(RECORDS, 'time.json');

/** To be asked before anything is run: it notes the load, and measures the machine. */
export async function startSitting(): Promise<Sitting> {
  const here = machine();
  await selectBackend();
  return {
    date: new Date().toISOString(),
    machine: { ...here, peakGflops: Math.round(await measurePeak()) },
    seconds: 0,
    studySeconds: 0,
  };
}

export async function readSittings(): Promise<readonly Sitting[]> {
  const text = await readFile(FILE, 'utf8').catch(onlyMissing('[]'));
  return JSON.parse(text) as Sitting[];
}

/** Keeps a sitting, in place of what was known of it. */
export async function saveSitting(sitting: Sitting): Promise<void> {
  const others = (await readSittings()).filter(({ date }) => date !== sitting.date);
  await writeFileAtomic(FILE, `${JSON.stringify([...others, sitting], null, 2)}\n`);
}

/** The sittings in a sentence. */
export function describeSittings(sittings: readonly Sitting[]): string {
  const { processor, cores, node, peakGflops } = sittings.at(-1)!.machine;
  const times = sittings.length === 1 ? 'at one sitting' : `in ${sittings.length} sittings`;
  return (
    `The study took ${inAll(sittings, 'studySeconds')}, and ${inAll(sittings, 'seconds')} with what was looked at because of what ` +
    `came out, ${times}, on ${cores} cores (${processor}, ${peakGflops} GFLOP/s in a product of 2048 on all of them; Node ${node}).`
  );
}

function inAll(sittings: readonly Sitting[], which: 'seconds' | 'studySeconds'): string {
  const minutes = Math.round(sittings.reduce((sum, sitting) => sum + sitting[which], 0) / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
