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
import { PARTS } from './cells.ts';
import { requireData } from './study-files.ts';
import { EXPERIMENTS } from './tasks.ts';
import { saveSitting, startSitting } from './time.ts';

const { values: options } = parseArgs({ options: { minutes: { type: 'string' } } });
requireData();
const deadline = performance.now() + 60_000 * Number(options.minutes ?? Number.POSITIVE_INFINITY);

const sitting = await startSitting();
const started = performance.now();
const elapsed = () => Math.round((performance.now() - started) / 1000);
let studySeconds: number | undefined;
const keepTime = () => saveSitting({ ...sitting, seconds: elapsed(), studySeconds: studySeconds ?? elapsed() });
// Now and then, as it may be killed at any time.
const clock = setInterval(keepTime, 60_000);

type Command = readonly string[];
const sources = EXPERIMENTS.filter((each) => !each.beside).map(({ source }) => source);
/** What the paper asked. Word2vec's are the longest pieces: they are begun first, so that no core has to wait for them. */
const study: readonly Command[] = [
  ['run.ts', '--sources', sources.join(), '--parts', 'init', '--vectors', 'word2vec'],
  ['run.ts', '--sources', sources.join(), '--parts', PARTS.filter((part) => part !== 'mult-more').join()],
];
/** What was looked at because of what came out: whoever is free takes the next, the longest first. */
const beside: (readonly Command[])[] = [
  [['run.ts', '--parts', 'mult-more']],
  [['run.ts', '--sources', 'snli-both'], ['source-reads.ts']],
  [['advice.ts']],
];

const cores = Array.from({ length: availableParallelism() }, (_, core) => core);
let atStudy = cores.length;
await Promise.all(cores.map(work));
clearInterval(clock);
await keepTime();

/** One core begins with the study's first command, and the others with the second; whoever is done takes what is left. */
async function work(core: number): Promise<void> {
  if (!(await inSequence(core === 0 ? study : [...study].reverse()))) return;
  atStudy--;
  if (atStudy === 0) studySeconds = elapsed();
  while (beside.length > 0) if (!(await inSequence(beside.shift()!))) return;
}

async function inSequence(commands: readonly Command[]): Promise<boolean> {
  for (const command of commands) if (!(await run(command))) return false;
  return true;
}

/** Runs a program of this folder. @returns Whether it came to its end. */
function run([program, ...args]: Command): Promise<boolean> {
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
    child.on('exit', (code) => {
      if (code !== 0) process.exitCode = 1;
      resolve(code === 0);
    });
  });
}
