/** Which weights of a run are the best, and how an epoch ends. */
import type { Parameter } from '../network.ts';
import { assignValues } from '../transfer/carry.ts';
import { parameterValues } from '../transfer/network-values.ts';
import type { Monitor } from './fit-options.ts';
import type { EpochRecord } from './records.ts';
import { NO_SUMS, type RunState } from './run-state.ts';

/** Turns to the next epoch, and keeps the values of the parameters when they are the best so far. */
export async function endEpoch(
  state: RunState,
  record: EpochRecord,
  monitor: Monitor,
  parameters: readonly Parameter[],
): Promise<void> {
  state.history.push(record);
  state.epoch++;
  state.batch = 0;
  state.running = NO_SUMS;
  if (record['validation/loss'] === undefined) return;
  const best = state.bestEpoch === null ? undefined : state.history[state.bestEpoch];
  if (best === undefined || isBetter(record, best, monitor)) {
    state.bestEpoch = record.epoch;
    state.best = await parameterValues(parameters);
    state.sinceBest = 0;
  } else state.sinceBest++;
}

/** Higher is better, of equals the lower loss. */
export function isBetter(record: EpochRecord, best: EpochRecord, monitor: Monitor): boolean {
  const gain = monitor === 'validation/loss' ? 0 : record[monitor]! - best[monitor]!;
  return gain === 0 || Number.isNaN(gain) ? record['validation/loss']! < best['validation/loss']! : gain > 0;
}

/** Puts the best parameters back, where there are any. */
export function restoreBest({ best }: RunState, parameters: readonly Parameter[]): void {
  for (const { name, variable } of parameters) {
    const values = best.get(name);
    if (values !== undefined) assignValues(variable, values.data);
  }
}
