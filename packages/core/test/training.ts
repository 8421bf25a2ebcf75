/** What tests of training share: a run of a tiny network, what must not differ between runs, and a recorder in memory. */
import type { Checkpoint, EpochRecord, FitOptions } from '../src/index.ts';
import { namedPlan } from '../src/index.ts';
import { TinyNetwork } from './tiny-network.ts';
import { toySource } from './toy-task.ts';

export const fitOptions = (more: Partial<FitOptions> = {}): FitOptions => ({
  network: new TinyNetwork(3, 1),
  plan: namedPlan('full'),
  train: toySource(22, 1, true),
  validation: toySource(15, 2),
  epochs: 3,
  batchSize: 8,
  learningRate: 0.02,
  seed: 7,
  ...more,
});

/** Values of all parameters by name. */
export const parametersOf = (network: FitOptions['network']) =>
  Object.fromEntries([...network.parameters].map(([name, { variable }]) => [name, [...variable.dataSync()]]));

/** What must not differ between runs: all but the times. */
export const numbersOf = (history: readonly EpochRecord[]) =>
  history.map(({ 'charts/seconds': _, 'charts/examples_per_second': __, 'charts/stall_share': ___, ...rest }) => rest);

/** Keeps every checkpoint and record in memory. */
export function memoryRecorder() {
  const checkpoints: Checkpoint[] = [];
  const records: EpochRecord[] = [];
  return {
    checkpoints,
    records,
    epoch: async (record: EpochRecord) => void records.push(record),
    checkpoint: async (checkpoint: Checkpoint) => void checkpoints.push(structuredClone(checkpoint)),
  };
}
