/**
 * The whole study, with as many processes of one thread as the machine has cores, and how long that took.
 *
 *   ATTUNE_DATA=DIR node --import tsx -C @attune/source packages/nlp/bench/transfer-study/whole.ts [--minutes N]
 *
 * It goes on where it was stopped. The time of every sitting is kept in packages/nlp/bench/records/transfer/time.json, and
 * `tables.ts` adds it up.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { requireData } from './study-files.ts';
import { saveSitting, startSitting } from './time.ts';

const { values: options } = parseArgs({ options: { minutes: { type: 'string' } } });
requireData();
const deadline = performance.now() + 60_000 * Number(options.minutes ?? Number.POSITIVE_INFINITY);

const sitting = await startSitting();
const started = performance.now();
const keepTime = () => saveSitting({ ...sitting, seconds: Math.round((performance.now() - started) / 1000) });
// Now and then, as it may be killed at any time.
const clock = setInterval(keepTime, 60_000);

// Word2vec's are the longest pieces: they are begun first, so that no core has to wait for them at the end.
const stages: readonly (readonly string[])[] = [
  ['run.ts', '--sources', 'imdb,snli', '--parts', 'init', '--vectors', 'word2vec'],
  ['run.ts'],
];
const last: readonly (readonly string[])[] = [['source-reads.ts'], ['advice.ts']];

const cores = Array.from({ length: availableParallelism() }, (_, core) => core);
// One core begins with the first stage, and the others with the second; whoever is done takes what the other has left.
const finished = await Promise.all(cores.map((core) => inSequence(core === 0 ? stages : [...stages].reverse())));
if (finished.every(Boolean) && performance.now() < deadline) await inParallel(last);
clearInterval(clock);
await keepTime();

async function inSequence(commands: readonly (readonly string[])[]): Promise<boolean> {
  for (const command of commands) if (!(await run(command))) return false;
  return true;
}

async function inParallel(commands: readonly (readonly string[])[]): Promise<void> {
  const lanes = cores.map((core) => commands.filter((_, k) => k % cores.length === core));
  await Promise.all(lanes.map(inSequence));
}

/** Runs a program of this folder. @returns Whether it came to its end. */
function run([program, ...args]: readonly string[]): Promise<boolean> {
  const minutes = (deadline - performance.now()) / 60_000;
  if (minutes <= 0) return Promise.resolve(false);
  const limited = Number.isFinite(minutes) && program === 'run.ts' ? ['--minutes', minutes.toFixed(2)] : [];
  const file = fileURLToPath(new URL(program!, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...process.execArgv, file, ...args, ...limited], {
      stdio: 'inherit',
      env: { ...process.env, ATTUNE_THREADS: '1' },
    });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code === 0));
  });
}
