/** Counters that tell a user why something is slow. */
export interface BackendStats {
  /** Graphs that were cut and run because a value was read or the recording grew too long. */
  flushes: number;
  /** ONNX models that were built into sessions, and the time that took. Many in steady state: shapes keep changing. */
  compiles: number;
  compileMs: number;
  /** Flushes that found their session in the cache. */
  cacheHits: number;
  /** Small graphs seen for the first time, run on host kernels instead of building a session. */
  hostRuns: number;
  /** Calls that ran on tfjs's cpu kernels because the kernel has no ONNX form, by kernel. Each one is a synchronisation. */
  fallbacks: Record<string, number>;
  /** Replays of captured steps, and how often one had to be traced again. */
  stepRuns: number;
  stepTraces: number;
  /** Bytes fed to and fetched from ONNX Runtime by flushes. */
  bytesIn: number;
  bytesOut: number;
  /** Live sessions. */
  sessions: number;
}

export function emptyStats(): BackendStats {
  return {
    flushes: 0,
    compiles: 0,
    compileMs: 0,
    cacheHits: 0,
    hostRuns: 0,
    fallbacks: {},
    stepRuns: 0,
    stepTraces: 0,
    bytesIn: 0,
    bytesOut: 0,
    sessions: 0,
  };
}
