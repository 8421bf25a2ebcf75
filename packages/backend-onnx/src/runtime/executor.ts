/** Runs slices of the recorded graph: compiled once for each structure, or on the host where that is not worth it. */
import { structuralKey } from '../graph/slice.ts';
import { type HostArray, sizeOf } from '../graph/value.ts';
import { interpret } from '../host.ts';
import { toLogical } from '../host-data.ts';
import { type BackendStats, emptyStats } from '../stats.ts';
import {
  allocateOutputs,
  compile,
  compileSync,
  dataFor,
  explain,
  type GraphSlice,
  onnxTensor,
  type Program,
} from './program.ts';
import { ProgramCache } from './program-cache.ts';
import type { Feeds, Runtime } from './runtime.ts';

/** Structures that are remembered as seen once. */
const MOST_SEEN = 10_000;

export class Executor {
  readonly runtime: Runtime;
  counters: BackendStats = emptyStats();
  private readonly cache: ProgramCache;
  private readonly hostElements: number;
  private readonly seen = new Set<string>();

  constructor(runtime: Runtime, sessionCapacity: number, hostElements: number) {
    this.runtime = runtime;
    this.cache = new ProgramCache(sessionCapacity);
    this.hostElements = hostElements;
  }

  get sessions(): number {
    return this.cache.size;
  }

  /** Computes the slice's outputs, blocking. */
  runSync(slice: GraphSlice): void {
    if (this.ranOnHost(slice)) return;
    const key = structuralKey(slice);
    const started = performance.now();
    const program =
      this.cached(key) ?? this.compiled(key, compileSync(this.runtime, slice, { profile: profileOf(slice) }), started);
    const { data, fetches } = allocateOutputs(program);
    try {
      program.session.runSync(this.feedsOf(program, slice), fetches);
    } catch (error) {
      throw explain(error, slice.nodes);
    }
    this.settle(program, slice, data);
  }

  /** Computes the slice's outputs. */
  async run(slice: GraphSlice): Promise<void> {
    if (this.runtime.synchronous) return this.runSync(slice);
    if (this.ranOnHost(slice)) return;
    const key = structuralKey(slice);
    const started = performance.now();
    const program =
      this.cached(key) ??
      this.compiled(key, await compile(this.runtime, slice, { profile: profileOf(slice) }), started);
    const { data, fetches } = allocateOutputs(program);
    try {
      await program.session.run(this.feedsOf(program, slice), fetches);
    } catch (error) {
      throw explain(error, slice.nodes);
    }
    this.settle(program, slice, data);
  }

  /** Computes the slice's outputs with tfjs's cpu kernels. */
  runOnHost(slice: GraphSlice): void {
    for (const leaf of slice.leaves) toLogical(leaf);
    interpret(slice);
    for (const output of slice.outputs) output.node = null;
    this.counters.flushes++;
    this.counters.hostRuns++;
  }

  dispose(): void {
    this.cache.clear();
    this.seen.clear();
  }

  /** Small graphs that were never seen before run on the host. */
  private ranOnHost(slice: GraphSlice): boolean {
    let elements = 0;
    for (const node of slice.nodes) {
      for (const output of node.outputs) elements += sizeOf(output.shape);
      if (elements > this.hostElements || node.kernel.internal === true) return false;
    }
    const key = structuralKey(slice);
    if (this.seen.has(key)) return false;
    if (this.seen.size > MOST_SEEN) this.seen.clear();
    this.seen.add(key);
    this.runOnHost(slice);
    return true;
  }

  private cached(key: string): Program | undefined {
    const program = this.cache.get(key);
    if (program !== undefined) this.counters.cacheHits++;
    return program;
  }

  private compiled(key: string, program: Program, started: number): Program {
    this.cache.set(key, program);
    this.counters.compiles++;
    this.counters.compileMs += performance.now() - started;
    return program;
  }

  private feedsOf(program: Program, slice: GraphSlice): Feeds {
    const feeds: Feeds = {};
    for (const port of program.inputs) {
      const data = dataFor(port, slice.leaves[port.leaf]!);
      feeds[port.name] = onnxTensor(port, data);
      this.counters.bytesIn += data.byteLength;
    }
    return feeds;
  }

  private settle(program: Program, slice: GraphSlice, data: readonly HostArray[]): void {
    this.counters.flushes++;
    for (const [i, output] of slice.outputs.entries()) {
      output.data = data[i]!;
      output.permutation = program.outputs[i]!.permutation;
      output.node = null;
      this.counters.bytesOut += output.data.byteLength;
    }
  }
}

/** Graphs this small lose more to waking threads than they win. */
function profileOf(slice: GraphSlice): 'normal' | 'tiny' {
  let elements = 0;
  for (const leaf of slice.leaves) elements += sizeOf(leaf.shape);
  for (const node of slice.nodes) for (const output of node.outputs) elements += sizeOf(output.shape);
  return elements < 16_384 ? 'tiny' : 'normal';
}
