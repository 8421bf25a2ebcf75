/** Folders of runs that nobody named. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Below which runs are written. */
const RUNS = 'runs';

/** `runs/2026-01-31-<name>`, with `-2`, `-3`, ... where that is taken: nothing is ever overwritten. */
export async function newRunFolder(name: string, now: Date = new Date()): Promise<string> {
  const day = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, '0'));
  const safe = name.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[-.]+|-+$/g, '') || 'run';
  const base = join(RUNS, `${day.join('-')}-${safe}`);
  for (let number = 1; ; number++) {
    const folder = number === 1 ? base : `${base}-${number}`;
    const taken = await stat(folder).then(
      () => true,
      () => false,
    );
    if (!taken) return folder;
  }
}
