/**
 * Runs the real program as a child process, as it was built where `npm test` has just done that, else from its sources, which takes
 * twice as long to start; and makes the small inputs that it is run on.
 */
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';
import { TASKS, TEXT_TASKS, writeImageTask, writeTextTask } from '@attune/test-fixtures';
import { expect } from 'vitest';

const BUILT = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

export interface Outcome {
  /** Null when it was killed. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A limit on the size of files it may write, in blocks of 1,024 bytes. */
  readonly fileSize?: number;
  /** Told of the child as soon as it runs. */
  readonly onStart?: (child: ReturnType<typeof spawn>) => void;
}

/** Runs `attune ...args` in `cwd`, with its caches there too, and without any data directory. */
export async function attune(args: readonly string[], options: CliOptions): Promise<Outcome> {
  const built = process.env.ATTUNE_TEST_BUILT === '1';
  const main = built ? [BUILT] : ['--import', TSX, '--conditions=@attune/source', MAIN];
  const command = [process.execPath, ...main, ...args];
  const [program, ...rest] =
    options.fileSize === undefined
      ? command
      : ['bash', '-c', `ulimit -f ${options.fileSize}; exec "$@"`, 'bash', ...command];
  const { ATTUNE_DATA: _, ATTUNE_BACKEND: __, NODE_OPTIONS: ___, VITEST: ____, ...inherited } = process.env;
  const child = spawn(program!, rest, {
    cwd: options.cwd,
    env: { ...inherited, XDG_CACHE_HOME: join(options.cwd, 'cache'), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  options.onStart?.(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { status, stdout, stderr };
}

/** Runs in `folder` what must be refused: status 2, nothing on stdout, one line on stderr, no run. @returns The line. */
export async function refusedBy(args: readonly string[], folder: string): Promise<string> {
  const out = join(folder, 'refused');
  const { status, stdout, stderr } = await attune([...args, ...(args[0] === 'tune' ? ['--out', out] : [])], {
    cwd: folder,
  });
  expect({ status, stdout, lines: stderr.trimEnd().split('\n').length, stderr }).toEqual({
    status: 2,
    stdout: '',
    lines: 1,
    stderr,
  });
  expect(await exists(out)).toBe(false);
  return stderr.trimEnd();
}

/** A temporary folder, with `similar/` in it: five classes of six small pictures. */
export async function workspace(): Promise<{ folder: string; data: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'attune-cli-'));
  const data = join(folder, 'similar');
  await writeImageTask(data, TASKS.similar, { perClass: 6, seed: 1 });
  return { folder, data, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A temporary folder, with `reviews/` in it: two classes of a few generated texts, in three splits. */
export async function textWorkspace(): Promise<{ folder: string; data: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'attune-cli-'));
  const data = join(folder, 'reviews');
  await writeTextTask(data, TEXT_TASKS.reviews, { perClass: { train: 20, validation: 6, test: 6 }, seed: 1 });
  return { folder, data, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A copy of a data set, to be spoilt. */
export async function copyOf(data: string, name: string): Promise<string> {
  const copy = `${data}-${name}`;
  await cp(data, copy, { recursive: true });
  return copy;
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

export async function readJson(path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
}

/** A PNG of a few bytes whose header claims a square of 1-bit pixels of that side. */
export function pngOf(side: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 1;
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(100))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
