/** A bench record as a table, for the terminal and for READMEs. */
import type { Table } from '@attune/report';
import { plainTable, terminalText } from '@attune/report';
import type { BenchRecord, Measurement } from './run.ts';

export function benchTable(record: BenchRecord): Table {
  const others = record.workloads[0]?.measurements.slice(1).map(({ contender }) => contender) ?? [];
  const header = [
    'workload',
    'first step',
    'median',
    'GFLOP/s',
    'of peak',
    'memory',
    ...others.flatMap((name) => [name, 'ratio']),
  ];
  const rows = record.workloads.map(({ name, measurements }) => {
    const own = measurements[0]!;
    if (own.medianMs === undefined) return [name, shorten(own.failure ?? 'failed')];
    return [
      name,
      milliseconds(own.firstMs!),
      milliseconds(own.medianMs),
      own.gflops!.toFixed(0),
      `${((100 * own.gflops!) / record.peakGflops).toFixed(0)} %`,
      `${own.peakMiB} MiB`,
      ...measurements.slice(1).flatMap(comparison),
    ];
  });
  const { columns, rows: cells } = plainTable(header, rows);
  return { columns: columns.map((column, i) => ({ ...column, align: i === 0 ? 'left' : 'right' })), rows: cells };
}

function comparison(other: Measurement): readonly string[] {
  const missing = /^Kernel '(\w+)' not registered/.exec(other.failure ?? '')?.[1];
  if (missing !== undefined) return [`no ${missing}`, ''];
  return other.medianMs === undefined
    ? [shorten(other.failure ?? 'failed'), '']
    : [milliseconds(other.medianMs), `${other.ratio!.toFixed(2)}x`];
}

/** A failure's message must not push the other columns out of sight. */
function shorten(message: string): string {
  return message.length > 60 ? `${message.slice(0, 57)}...` : message;
}

function milliseconds(value: number): string {
  return value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${value.toFixed(value < 10 ? 2 : 1)} ms`;
}

/** Ratios above 1: this engine is faster. */
export function benchText(record: BenchRecord): string {
  const { machine } = record;
  return [
    terminalText(benchTable(record)),
    '',
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; peak ${record.peakGflops.toFixed(0)} GFLOP/s (matrix product of 2048); ` +
      `medians of ${record.repeats} interleaved runs; ratio = its time / ours, median over pairs`,
  ].join('\n');
}
