/** Which process does which piece of the study, where several share it on one machine. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onlyMissing } from './study-files.ts';

/**
 * Does `work` if no process that is alive has the piece. @returns Whether it was done here.
 * @param folder Where claims are kept: a file for each, with its process's number.
 */
export async function claimed(folder: string, piece: string, work: () => Promise<void>): Promise<boolean> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${piece}.claim`);
  if (!(await take(file))) return false;
  try {
    await work();
  } finally {
    await rm(file, { force: true });
  }
  return true;
}

/** Waits until the piece is anybody's again, and does `work`, which sees what the others have done. */
export async function inTurn(folder: string, piece: string, work: () => Promise<void>): Promise<void> {
  while (!(await claimed(folder, piece, work))) await new Promise((resolve) => setTimeout(resolve, 500));
}

async function take(file: string): Promise<boolean> {
  for (;;) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = Number(await readFile(file, 'utf8').catch(onlyMissing('')));
    if (owner !== 0 && isAlive(owner)) return false;
    // A process that was killed, or one that is just writing its number, which is asked again.
    if (owner !== 0) await rm(file, { force: true });
    else await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
