/**
 * A checkpoint: everything that a run needs to go on as if it had never stopped. It holds the parameters that the plan
 * may move, what the optimiser remembers, averages, and the best parameters so far; those that never move are the source's, and
 * only a fingerprint of them is kept.
 */
import { UserError } from '../errors.ts';
import type { Parameter } from '../network.ts';
import type { RandomState } from '../random.ts';
import type { TransferPlan } from '../transfer/plan.ts';
import type { TensorValues } from '../weights/dtypes.ts';
import type { EpochRecord } from './records.ts';

export const CHECKPOINT_FORMAT = 1;

/** What must be the same when a run is resumed, by name. */
export type RunSettings = Readonly<Record<string, string | number | boolean | null>>;

export interface TrainingState {
  readonly format: typeof CHECKPOINT_FORMAT;
  readonly versions: { readonly attune: string; readonly tensorflow: string; readonly backend: string };
  readonly plan: TransferPlan;
  readonly settings: RunSettings;
  /** Of the parameters that never move. */
  readonly frozenFingerprint: string;
  readonly random: RandomState;
  /** The epoch that goes on next, and how many of its batches are done. */
  readonly epoch: number;
  readonly batch: number;
  /** Updates done. */
  readonly step: number;
  readonly finished: false | 'epochs' | 'patience';
  /** Sums over the batches that are done in this epoch. */
  readonly running: RunningSums;
  /** Epoch of the best parameters so far, null without validation or before its first. */
  readonly bestEpoch: number | null;
  /** Epochs since then, or since more was thawed. */
  readonly sinceBest: number;
  readonly history: readonly EpochRecord[];
  /** Factor of each parameter's learning rate in this epoch, by name, where the plan measures them. */
  readonly rates?: Readonly<Record<string, number>> | null;
}

export interface RunningSums {
  readonly loss: number;
  readonly correct: number;
  readonly examples: number;
  /** Spent on batches. */
  readonly seconds: number;
  /** Spent on waiting for them, seconds. */
  readonly waiting: number;
}

export interface Checkpoint {
  readonly state: TrainingState;
  /** `parameter/<name>`, `optimizer/<name>`, `average/<name>`, `best/<name>`, `start/<name>`. */
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: TensorValues }>;
}

/**
 * Checks what was read from a file. The values inside are trusted as far as the file's hash is right.
 * @throws UserError when it is of another format, or not a state.
 */
export function parseTrainingState(value: unknown, source: string): TrainingState {
  const state = value as Partial<TrainingState> | null;
  if (typeof state !== 'object' || state === null) throw new UserError(`${source} is not a checkpoint.`);
  if (state.format !== CHECKPOINT_FORMAT)
    throw new UserError(
      `${source} has checkpoint format ${JSON.stringify(state.format)}, and this version reads ${CHECKPOINT_FORMAT}.`,
      'Resume with the version that wrote it, or start anew.',
    );
  for (const name of ['epoch', 'batch', 'step', 'sinceBest'] as const)
    if (!Number.isSafeInteger(state[name]) || state[name]! < 0)
      throw new UserError(`${source} is damaged: ${name} is ${JSON.stringify(state[name])}.`, 'Start anew.');
  for (const name of ['versions', 'plan', 'settings', 'random', 'running', 'history'] as const)
    if (typeof state[name] !== 'object' || state[name] === null)
      throw new UserError(`${source} is damaged: ${name} is missing.`, 'Start anew.');
  return state as TrainingState;
}

/** @throws UserError that names the first setting in which the run differs from the one that wrote the checkpoint. */
export function requireSameRun(state: TrainingState, plan: TransferPlan, settings: RunSettings): void {
  if (JSON.stringify(state.plan) !== JSON.stringify(plan))
    throw new UserError(
      `The checkpoint was written with another plan ('${state.plan.name}', now '${plan.name}').`,
      'Resume with the same options, or start anew in another folder.',
    );
  for (const name of new Set([...Object.keys(state.settings), ...Object.keys(settings)]))
    if (state.settings[name] !== settings[name])
      throw new UserError(
        `The checkpoint was written with ${name} ${state.settings[name] ?? 'not set'}, and now it is ${settings[name] ?? 'not set'}.`,
        'Resume with the same options, or start anew in another folder.',
      );
}

/** A 64-bit hash of names, shapes and values: two FNV-1a-like lanes over 32-bit words. It finds mix-ups, not forgeries. */
export async function fingerprint(parameters: readonly Parameter[]): Promise<string> {
  let [first, second] = [0x811c9dc5, 0x9747b28c];
  const mix = (word: number) => {
    first = Math.imul(first ^ word, 0x01000193);
    second = Math.imul((second ^ word) + 0x165667b1, 0x85ebca6b);
    second ^= second >>> 15;
  };
  for (const { name, variable } of parameters) {
    for (let i = 0; i < name.length; i++) mix(name.charCodeAt(i));
    for (const size of variable.shape) mix(size);
    const values = await variable.data();
    for (const word of new Uint32Array(Float32Array.from(values).buffer)) mix(word);
  }
  return [first, second].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
}
