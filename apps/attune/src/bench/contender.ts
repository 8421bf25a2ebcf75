/**
 * A framework under test, in a process of its own: it builds one workload and then runs a few steps at each request, so
 * that frameworks can be interleaved run by run, each with its own memory and threads.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const CONTENDERS = ['attune', 'torch', 'tfjs-cpu', 'tfjs-wasm'] as const;
export type ContenderName = (typeof CONTENDERS)[number];

/** One line that a contender prints. */
type Answer =
  | { readonly ready: true; readonly version: string; readonly firstMs: number; readonly value: number }
  | { readonly ms: number; readonly peakMiB: number }
  | { readonly error: string };

export interface Ready {
  readonly version: string;
  /** The first step, tracing and compiling included. */
  readonly firstMs: number;
  readonly value: number;
}

export interface Run {
  /** Median time of a step. */
  readonly ms: number;
  /** Largest resident set so far. */
  readonly peakMiB: number;
}

export class Contender {
  readonly name: ContenderName;
  private readonly child: ChildProcess;
  private readonly answers: AsyncIterator<string>;
  private readonly errors: string[] = [];

  private constructor(name: ContenderName, workload: string) {
    this.name = name;
    const [command, args] = commandOf(name, workload);
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: environmentOf(name) });
    this.child.on('error', (error) => this.errors.push(error.message));
    this.child.stderr!.on('data', (chunk) => this.errors.push(String(chunk)));
    this.child.stdin!.on('error', () => undefined);
    this.answers = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  /** Builds the workload and runs its first step. Rejects when the framework cannot, or needs longer than `limitMs`. */
  static async start(
    name: ContenderName,
    workload: string,
    limitMs: number,
  ): Promise<{ contender: Contender; ready: Ready }> {
    const contender = new Contender(name, workload);
    try {
      return { contender, ready: (await contender.answer(limitMs)) as Ready };
    } catch (error) {
      contender.stop();
      throw error;
    }
  }

  /** Runs so many steps one after the other, as training does; the answer's time is the median of a step. */
  async run(steps: number, limitMs: number): Promise<Run> {
    this.child.stdin!.write(`${steps}\n`);
    return (await this.answer(limitMs)) as Run;
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }

  private async answer(limitMs: number): Promise<Answer> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`took longer than ${Math.round(limitMs / 1000)} s`)), limitMs);
    });
    try {
      const line = await Promise.race([this.answers.next(), late]);
      if (line.done) throw new Error(lastLine(this.errors.join('')) || 'ended without an answer');
      const answer = JSON.parse(line.value) as Answer;
      if ('error' in answer) throw new Error(answer.error);
      return answer;
    } finally {
      clearTimeout(timer);
    }
  }
}

function commandOf(name: ContenderName, workload: string): [string, string[]] {
  if (name === 'torch')
    return ['/usr/bin/python3', [fileURLToPath(new URL('../../bench/torch_reference.py', import.meta.url)), workload]];
  const compiled = import.meta.url.endsWith('.js');
  const worker = fileURLToPath(new URL(compiled ? './worker.js' : './worker.ts', import.meta.url));
  return [process.execPath, [...(compiled ? [] : process.execArgv), worker, name, workload]];
}

/** A setting of OPENBLAS_CORETYPE would hold PyTorch back to an older processor's kernels. */
function environmentOf(name: ContenderName): NodeJS.ProcessEnv {
  const { OPENBLAS_CORETYPE: _type, OPENBLAS_L2_SIZE: _size, ...rest } = process.env;
  return name === 'torch' ? rest : process.env;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
