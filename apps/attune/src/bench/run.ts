/** `attune bench`: the eight workloads on this engine and beside other frameworks, interleaved run by run. */
import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { measurePeak, selectBackend, suggestNames, UserError } from '@attune/core';
import { CONTENDERS, Contender, type ContenderName, type Ready, type Run } from './contender.ts';
import { median } from './median.ts';
import { WORKLOADS, type Workload } from './workloads/index.ts';

export interface BenchOptions {
  /** Names of workloads. Default: all eight. */
  readonly only?: readonly string[];
  /** Other frameworks to run beside this one. */
  readonly against?: readonly string[];
  /** Timed runs of each. Default 15. */
  readonly repeats?: number;
  /** Told what is being run. */
  readonly onProgress?: (message: string) => void;
}

/** What one framework did on one workload. */
export interface Measurement {
  readonly contender: ContenderName;
  readonly version?: string;
  readonly firstMs?: number;
  readonly medianMs?: number;
  readonly minMs?: number;
  readonly runs?: readonly number[];
  readonly peakMiB?: number;
  readonly gflops?: number;
  /** Median over pairs of neighbouring runs of its time divided by this engine's: above 1, this engine is faster. */
  readonly ratio?: number;
  /** Why there are no numbers. */
  readonly failure?: string;
}

export interface BenchRecord {
  readonly schema: 'attune/bench@1';
  readonly date: string;
  readonly command: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string; readonly platform: string };
  /** GFLOP/s of a 2048^3 matrix product on this engine. */
  readonly peakGflops: number;
  readonly repeats: number;
  readonly workloads: readonly {
    readonly name: string;
    readonly description: string;
    readonly gflop: number;
    readonly measurements: readonly Measurement[];
  }[];
}

/** A first step may take this long, and so may all further steps of one framework together. */
const LIMIT_MS = 60_000;
const WARM_UP = 3;

export async function runBench(options: BenchOptions = {}): Promise<BenchRecord> {
  const workloads = selected(options.only);
  const against = others(options.against);
  const repeats = options.repeats ?? 15;
  const progress = options.onProgress ?? (() => undefined);
  progress('measuring the peak of this machine');
  await selectBackend({ prefer: 'onnx' });
  const peakGflops = round(await measurePeak());
  const results: BenchRecord['workloads'][number][] = [];
  for (const [i, workload] of workloads.entries()) {
    progress(`${i + 1}/${workloads.length} ${workload.name}: ${['attune', ...against].join(', ')}`);
    const measurements = await measure(workload, ['attune', ...against], repeats);
    results.push({ name: workload.name, description: workload.description, gflop: workload.flops / 1e9, measurements });
  }
  const parts = ['attune bench'];
  if (options.only !== undefined) parts.push(`--only ${options.only.join(',')}`);
  if (against.length > 0) parts.push(`--against ${against.join(',')}`);
  if (options.repeats !== undefined) parts.push(`--repeats ${options.repeats}`);
  return {
    schema: 'attune/bench@1',
    date: new Date().toISOString(),
    command: parts.join(' '),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      node: process.version,
      platform: `${process.platform}/${process.arch}`,
    },
    peakGflops,
    repeats,
    workloads: results,
  };
}

function selected(only: readonly string[] | undefined): readonly Workload[] {
  if (only === undefined) return WORKLOADS;
  const names = WORKLOADS.map(({ name }) => name);
  return only.map((name) => {
    const workload = WORKLOADS.find((candidate) => candidate.name === name);
    if (workload === undefined) throw new UserError(`There is no workload '${name}'.`, suggestNames(name, names));
    return workload;
  });
}

function others(names: readonly string[] = []): ContenderName[] {
  const known = CONTENDERS.filter((name) => name !== 'attune');
  return names.map((name) => {
    const contender = known.find((candidate) => candidate === name);
    if (contender === undefined)
      throw new UserError(`'${name}' is not a framework to compare with.`, suggestNames(name, known));
    return contender;
  });
}

/**
 * A run is a few steps in a row, about this long, as training makes them; the pause lets the threads of the framework
 * before go to sleep.
 */
const RUN_MS = 200;
const MOST_STEPS = 20;
const PAUSE_MS = 100;

/** Rounds of one run each. A framework that fails or runs out of time leaves the field. */
async function measure(workload: Workload, names: readonly ContenderName[], repeats: number): Promise<Measurement[]> {
  const entries: {
    name: ContenderName;
    contender?: Contender;
    ready?: Ready;
    runs: Run[];
    spentMs: number;
    /** What a step took in the last run. */
    stepMs: number;
    failure?: string;
  }[] = [];
  for (const name of names) {
    try {
      const { contender, ready } = await Contender.start(name, workload.name, LIMIT_MS);
      entries.push({ name, contender, ready, runs: [], spentMs: 0, stepMs: ready.firstMs });
    } catch (error) {
      entries.push({ name, runs: [], spentMs: 0, stepMs: 0, failure: (error as Error).message });
    }
  }
  for (let round = 0; round < WARM_UP + repeats; round++) {
    for (const entry of entries) {
      if (entry.contender === undefined || entry.failure !== undefined || entry.spentMs > LIMIT_MS) continue;
      try {
        const steps = Math.min(Math.max(Math.round(RUN_MS / entry.stepMs), 1), MOST_STEPS);
        const run = await entry.contender.run(steps, LIMIT_MS);
        entry.spentMs += run.ms * steps;
        entry.stepMs = run.ms;
        if (round >= WARM_UP || run.ms > LIMIT_MS / (WARM_UP + 1)) entry.runs.push(run);
      } catch (error) {
        entry.failure = (error as Error).message;
      }
      await pause(PAUSE_MS);
    }
  }
  for (const { contender } of entries) contender?.stop();
  const own = entries[0]!.runs;
  return entries.map(({ name, ready, runs, failure }) => {
    if (ready === undefined || runs.length === 0) return { contender: name, failure: failure ?? 'no run finished' };
    const times = runs.map(({ ms }) => ms);
    const pairs = Math.min(times.length, own.length);
    return {
      contender: name,
      version: ready.version,
      firstMs: round(ready.firstMs),
      medianMs: round(median(times)),
      minMs: round(Math.min(...times)),
      runs: times.map(round),
      peakMiB: Math.round(Math.max(...runs.map(({ peakMiB }) => peakMiB))),
      gflops: round(workload.flops / 1e6 / median(times)),
      ratio: round(median(Array.from({ length: pairs }, (_, i) => times[i]! / own[i]!.ms))),
      ...(failure === undefined ? {} : { failure }),
    };
  });
}

const round = (value: number): number => Number(value.toPrecision(4));
