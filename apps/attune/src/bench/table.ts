/** A bench record as text: for the terminal, and as Markdown for a README. */
import type { BenchRecord, Measurement } from './run.ts';

type Row = readonly string[];

function rows(record: BenchRecord): { header: Row; body: Row[] } {
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
  const body = record.workloads.map(({ name, measurements }) => {
    const own = measurements[0]!;
    if (own.medianMs === undefined) return [name, own.failure ?? 'failed'];
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
  return { header, body };
}

function comparison(other: Measurement): Row {
  const missing = /^Kernel '(\w+)' not registered/.exec(other.failure ?? '')?.[1];
  if (missing !== undefined) return [`no ${missing}`, ''];
  return other.medianMs === undefined
    ? [other.failure ?? 'failed', '']
    : [milliseconds(other.medianMs), `${other.ratio!.toFixed(2)}x`];
}

function milliseconds(value: number): string {
  return value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${value.toFixed(value < 10 ? 2 : 1)} ms`;
}

/** Ratios above 1: this engine is faster. */
export function terminalTable(record: BenchRecord): string {
  const { header, body } = rows(record);
  const widths = header.map((title, i) =>
    Math.max(title.length, ...body.map((row) => Math.min(row[i]?.length ?? 0, 40))),
  );
  const line = (row: Row) =>
    row
      .map((cell, i) => (i === 0 ? cell.slice(0, 60).padEnd(widths[i]!) : cell.slice(0, 60).padStart(widths[i] ?? 0)))
      .join('  ');
  const { machine } = record;
  return [
    line(header),
    ...body.map(line),
    '',
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; peak ${record.peakGflops.toFixed(0)} GFLOP/s (matrix product of 2048); ` +
      `medians of ${record.repeats} interleaved runs; ratio = its time / ours, median over pairs`,
  ].join('\n');
}

export function markdownTable(record: BenchRecord): string {
  const { header, body } = rows(record);
  const line = (row: Row) => `| ${row.join(' | ')} |`;
  return [line(header), line(header.map((_, i) => (i === 0 ? '---' : '---:'))), ...body.map(line)].join('\n');
}
