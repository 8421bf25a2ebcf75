/**
 * Progress on a terminal: one line that is redrawn, and a line that stays for each epoch. Where there is no terminal (a
 * file, a log) only the lines of the epochs are written.
 */

import type { Progress, StepProgress } from './progress.ts';
import type { EpochRecord } from './records.ts';

const REDRAW_MILLISECONDS = 100;

/** Share of the time spent on waiting for data from which on it is told. */
const WORTH_SAYING = 0.05;

export interface TerminalStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** @param stream Default stderr: stdout belongs to the result. */
export function terminalProgress(stream: TerminalStream = process.stderr): Progress {
  let drawn = Number.NEGATIVE_INFINITY;
  return {
    step(progress) {
      const now = performance.now();
      if (stream.isTTY !== true || (now - drawn < REDRAW_MILLISECONDS && progress.batch < progress.batches)) return;
      drawn = now;
      stream.write(`\r${describeStep(progress).slice(0, (stream.columns ?? 80) - 1)}\x1b[K`);
    },
    epoch(record, epochs) {
      stream.write(`${stream.isTTY === true ? '\r\x1b[K' : ''}${describeEpoch(record, epochs)}\n`);
    },
  };
}

export function describeStep({ epoch, epochs, batch, batches, loss, secondsLeft }: StepProgress): string {
  const left = secondsLeft === undefined ? '' : `  ${describeSeconds(secondsLeft)} left`;
  return `epoch ${epoch + 1}/${epochs}  batch ${batch}/${batches}  loss ${loss.toFixed(4)}${left}`;
}

export function describeEpoch(record: EpochRecord, epochs: number): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const validation =
    record['validation/loss'] === undefined
      ? ''
      : `  validation ${record['validation/loss'].toFixed(4)} ${percent(record['validation/accuracy']!)}`;
  const seconds = describeSeconds(record['charts/seconds']);
  const rate = `${record['charts/examples_per_second'].toFixed(0)} examples/s`;
  const train = `train ${record['train/loss'].toFixed(4)} ${percent(record['train/accuracy'])}`;
  const stall = record['charts/stall_share'] ?? 0;
  const waited = stall < WORTH_SAYING ? '' : `  ${(100 * stall).toFixed(0)} % waiting for data`;
  return `epoch ${record.epoch + 1}/${epochs}  ${train}${validation}  ${seconds}  ${rate}${waited}`;
}

/** `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function describeSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
