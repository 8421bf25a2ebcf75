/**
 * The state of a run while it goes on, and the way from there to a checkpoint and back. Everything that decides what comes
 * next is in here.
 */
import { UserError } from '../errors.ts';
import type { Parameter } from '../network.ts';
import type { OptimizerState } from '../optim/optimizer.ts';
import type { RandomState } from '../random.ts';
import { tf } from '../tensorflow.ts';
import { assignValues } from '../transfer/carry.ts';
import type { NetworkValues } from '../transfer/network-values.ts';
import type { TransferPlan } from '../transfer/plan.ts';
import { VERSION } from '../version.ts';
import { CHECKPOINT_FORMAT, type Checkpoint, type RunningSums, type RunSettings } from './checkpoint.ts';
import type { EpochRecord } from './records.ts';

/** What stays the same while the run goes on. */
export interface RunIdentity {
  readonly plan: TransferPlan;
  readonly settings: RunSettings;
  readonly frozenFingerprint: string;
  readonly random: RandomState;
}

export interface RunState {
  epoch: number;
  batch: number;
  step: number;
  finished: false | 'epochs' | 'patience';
  running: RunningSums;
  sinceBest: number;
  bestEpoch: number | null;
  /** Values of the best parameters, by name; empty while there are none. */
  best: NetworkValues;
  /** Where averages after training begin: as more than the head began to move. Empty before, and where none is asked for. */
  start: NetworkValues;
  history: EpochRecord[];
  readonly optimizer: OptimizerState;
  /** Of weights and statistics, where they are averaged; see `WeightAverages`. */
  readonly averages: OptimizerState;
  /** Factor of each parameter's learning rate in this epoch, where the plan measures them. */
  rates: Readonly<Record<string, number>> | null;
}

export const NO_SUMS: RunningSums = { loss: 0, correct: 0, examples: 0, seconds: 0, waiting: 0 };

export function startState(): RunState {
  return {
    epoch: 0,
    batch: 0,
    step: 0,
    finished: false,
    running: NO_SUMS,
    sinceBest: 0,
    bestEpoch: null,
    best: new Map(),
    start: new Map(),
    history: [],
    optimizer: new Map(),
    averages: new Map(),
    rates: null,
  };
}

/** @throws UserError when a value is not finite: such a state must not take a good checkpoint's place. */
export async function takeCheckpoint(
  identity: RunIdentity,
  state: RunState,
  parameters: readonly Parameter[],
): Promise<Checkpoint> {
  const tensors = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  const add = (name: string, shape: readonly number[], data: Float32Array) => {
    if (!data.every(Number.isFinite))
      throw new UserError(
        `Training diverged by step ${state.step}: ${name} is not finite.`,
        'Lower the learning rate or set clipNorm. The last good checkpoint was kept.',
      );
    tensors.set(name, { shape, data });
  };
  for (const { name, variable } of parameters)
    add(`parameter/${name}`, variable.shape, Float32Array.from(await variable.data()));
  for (const [what, variables] of [
    ['optimizer', state.optimizer],
    ['average', state.averages],
  ] as const)
    for (const [name, variable] of variables)
      add(`${what}/${name}`, variable.shape, Float32Array.from(await variable.data()));
  for (const what of ['best', 'start'] as const)
    for (const [name, { shape, data }] of state[what]) add(`${what}/${name}`, shape, data);
  const { optimizer, averages, best, start, history, ...rest } = state;
  return {
    state: {
      format: CHECKPOINT_FORMAT,
      versions: { attune: VERSION, tensorflow: tf.version_core, backend: tf.getBackend() },
      ...identity,
      ...rest,
      history: [...history],
    },
    tensors,
  };
}

/**
 * Puts the parameters back and gives the state that the checkpoint was taken of.
 * @throws UserError when the checkpoint lacks a parameter or has it in another shape.
 */
export function restoreCheckpoint({ state, tensors }: Checkpoint, parameters: readonly Parameter[]): RunState {
  const restored = startState();
  for (const { name, variable } of parameters) {
    const tensor = tensors.get(`parameter/${name}`);
    if (tensor === undefined || tensor.shape.join() !== variable.shape.join())
      throw new UserError(
        `The checkpoint holds no parameter '${name}' of shape [${variable.shape.join(', ')}].`,
        'Resume with the same options, or start anew.',
      );
    assignValues(variable, tensor.data);
    for (const what of ['best', 'start'] as const) {
      const kept = tensors.get(`${what}/${name}`);
      if (kept !== undefined) restored[what].set(name, { shape: kept.shape, data: Float32Array.from(kept.data) });
    }
  }
  for (const [name, { shape, data }] of tensors) {
    const [, what, own] = /^(optimizer|average)\/(.*)$/.exec(name) ?? [];
    if (what === undefined) continue;
    const values = Float32Array.from(data);
    const variable = tf.tidy(() => tf.variable(tf.tensor(values, shape as number[]), false));
    (what === 'optimizer' ? restored.optimizer : restored.averages).set(own!, variable);
  }
  const { epoch, batch, step, finished, running, sinceBest, bestEpoch, history, rates = null } = state;
  return Object.assign(restored, {
    epoch,
    batch,
    step,
    finished,
    running: { ...NO_SUMS, ...running }, // earlier versions did not count all of them
    sinceBest,
    bestEpoch,
    rates,
    history: [...history],
  });
}
