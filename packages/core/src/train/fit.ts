/**
 * The training loop. An epoch: thaw what the plan thaws now, one update for each batch, validation, a record, and the best
 * weights kept. Whatever decides the next number is in `RunState`, so that a run can stop anywhere and go on exactly.
 */
import { UserError } from '../errors.ts';
import { adamw } from '../optim/adamw.ts';
import { disposeState } from '../optim/optimizer.ts';
import { cosine } from '../optim/schedule.ts';
import { Random } from '../random.ts';
import { seedDraws } from '../step.ts';
import { tf } from '../tensorflow.ts';
import { assignValues, carriedParameters } from '../transfer/carry.ts';
import { groupParameters, headGroup } from '../transfer/groups.ts';
import { needsSource, type Penalty, prepareHeld } from '../transfer/held.ts';
import { interpolateWeights } from '../transfer/held-average.ts';
import { type GroupMovement, movedGroups, movementAt, movingParameters, thawParameters } from '../transfer/movement.ts';
import { parameterValues } from '../transfer/network-values.ts';
import { batchTensors } from './batch-tensors.ts';
import { fingerprint, requireSameRun } from './checkpoint.ts';
import { ahead, type Batch } from './data.ts';
import { type Evaluation, evaluate } from './evaluate.ts';
import { checkFitOptions, type FitOptions, type Monitor, runSettings } from './fit-options.ts';
import { Pace, silentProgress } from './progress.ts';
import type { EpochRecord, FitResult } from './records.ts';
import {
  NO_SUMS,
  type RunIdentity,
  type RunState,
  readValues,
  restoreCheckpoint,
  startState,
  takeCheckpoint,
} from './run-state.ts';
import { evaluationStep, trainingStep } from './steps.ts';

/**
 * Trains a network as a plan says. The network ends with the best weights by validation, else with the last; where the plan
 * averages them with their start, with that average.
 * @throws UserError for options out of range, a loss or weights that are not finite (the last good checkpoint is kept), a
 *   checkpoint of another run, or a full disk.
 */
export async function fit(options: FitOptions): Promise<FitResult> {
  checkFitOptions(options);
  const { network, plan, epochs, optimizer = adamw(), schedule = cosine(), progress = silentProgress } = options;
  const source = needsSource(plan.held) ? [...(options.source?.parameters.values() ?? [])] : undefined;
  const moved = movedGroups(plan.moved, network);
  const head = headGroup(network).name;
  const movable = moved.flatMap(({ group }) => groupParameters(network, group));
  const names = new Set(movable.map(({ name }) => name));
  const random = Random.fromSeed(options.seed);
  const identity: RunIdentity = {
    plan,
    settings: { ...runSettings(options, optimizer, schedule), ...(source && { source: await fingerprint(source) }) },
    frozenFingerprint: await fingerprint([...network.parameters.values()].filter(({ name }) => !names.has(name))),
    random: random.state(),
  };
  // Before a checkpoint is put back: what holds is the start.
  const penalty = await prepareHeld(plan.held, {
    network,
    carried: carriedParameters(network, plan.carried),
    source: options.source,
    keepsHead: plan.added.head === 'none',
    train: options.train,
    random: random.fork('held'),
    signal: options.signal,
  });
  const state = resumeState(options, identity, movable);
  const batches = Math.ceil(options.train.count / options.batchSize);
  const pace = new Pace();
  const monitor = options.monitor ?? 'validation/accuracy';

  let lastCheckpoint = performance.now();
  const checkpoint = async (due: number) => {
    if (options.recorder === undefined || performance.now() - lastCheckpoint < 1000 * due) return;
    await options.recorder.checkpoint(await takeCheckpoint(identity, state, movable));
    lastCheckpoint = performance.now();
  };
  const checkpointSeconds = options.checkpointSeconds ?? 30;

  let phase: Phase | undefined;
  try {
    while (state.finished === false) {
      const movement = movementAt(plan.moved, network, state.epoch);
      if (phase === undefined || phase.movement.length !== movement.length) {
        // More was thawed: a fair chance for it. A resumed epoch has had its chance already.
        if (
          state.epoch > 0 &&
          state.batch === 0 &&
          movementAt(plan.moved, network, state.epoch - 1).length !== movement.length
        )
          state.sinceBest = 0;
        phase?.dispose();
        if (plan.held.to === 'average' && movement.some(({ group }) => group !== head) && state.start.size === 0)
          state.start = await parameterValues(movable);
        phase = startPhase(movement, options, state, optimizer, penalty);
      }

      const rateAt = (step: number) => options.learningRate * schedule(step / (epochs * batches));
      const request = {
        epoch: state.epoch,
        batchSize: options.batchSize,
        firstBatch: state.batch,
        random: random.fork('data').fork(state.epoch),
      };
      for await (const batch of ahead(options.train.batches(request))) {
        const started = performance.now();
        // From the step's number, not from what was drawn before: a resumed run draws the same.
        seedDraws(random.fork('draws').fork(state.step));
        await update(phase, state, batch, rateAt(state.step), options);
        const seconds = (performance.now() - started) / 1000;
        // A phase's first step is traced and compiled: it says nothing about the others.
        if (phase.steps++ > 0) pace.step(seconds);
        state.running = { ...state.running, seconds: state.running.seconds + seconds };
        state.step++;
        state.batch++;
        progress.step({
          epoch: state.epoch,
          epochs,
          batch: state.batch,
          batches,
          loss: state.running.loss / state.running.examples,
          secondsLeft: pace.secondsLeft(epochs * batches - state.step, options.validation ? epochs - state.epoch : 0),
        });
        await stopWhenAsked(options.signal, () => checkpoint(0));
        if (state.batch < batches) await checkpoint(checkpointSeconds);
      }
      if (state.batch !== batches)
        throw new Error(`the training source gave ${state.batch} batches of ${batches} in epoch ${state.epoch}`);

      const started = performance.now();
      const validation = options.validation && (await validate(options, options.validation, phase));
      pace.validation((performance.now() - started) / 1000);
      const record = recordEpoch(state, phase, rateAt(state.step - 1), validation);
      await endEpoch(state, record, monitor, () => readValues(movable));
      const thawsMore = movementAt(plan.moved, network, state.epoch).length > movement.length;
      if (state.epoch === epochs) state.finished = 'epochs';
      else if (options.patience !== undefined && state.sinceBest >= options.patience && !thawsMore)
        state.finished = 'patience';
      progress.epoch(record, epochs);
      await options.recorder?.epoch(record);
      await checkpoint(state.finished === false ? checkpointSeconds : 0);
    }
    for (const { name, variable } of movable) {
      const values = state.best.get(name);
      if (values !== undefined) assignValues(variable, values);
    }
    if (plan.held.to === 'average') await interpolateWeights(network, state.start, plan.held.share);
    const best = state.history[state.bestEpoch ?? state.history.length - 1]!;
    return { history: state.history, best, steps: state.step, stopped: state.finished };
  } finally {
    phase?.dispose();
    penalty.dispose();
    disposeState(state.optimizer);
  }
}

function resumeState(
  options: FitOptions,
  identity: RunIdentity,
  movable: Parameters<typeof restoreCheckpoint>[1],
): RunState {
  const { resume } = options;
  if (resume === undefined) return startState();
  requireSameRun(resume.state, identity.plan, identity.settings);
  if (resume.state.frozenFingerprint !== identity.frozenFingerprint)
    throw new UserError(
      'The weights that stay frozen are not those that the checkpoint was written with.',
      'Start from the same source weights, or start anew.',
    );
  return restoreCheckpoint(resume, movable);
}

/** The steps for what moves now: they are made anew when more is thawed. */
interface Phase {
  readonly movement: readonly GroupMovement[];
  readonly train: ReturnType<typeof trainingStep>;
  readonly evaluate: ReturnType<typeof evaluationStep>;
  readonly trainableValues: number;
  /** Updates done in this phase by this process. */
  steps: number;
  dispose(): void;
}

function startPhase(
  movement: readonly GroupMovement[],
  { network, plan, forward = 'network', labelSmoothing = 0, clipNorm }: FitOptions,
  state: RunState,
  optimizer: NonNullable<FitOptions['optimizer']>,
  penalty: Penalty,
): Phase {
  const parameters = movingParameters(network, movement, plan.moved.only);
  thawParameters(network, parameters);
  optimizer.init(parameters, state.optimizer);
  const train = trainingStep({
    network,
    forward,
    parameters,
    optimizer,
    state: state.optimizer,
    penalty,
    labelSmoothing,
    clipNorm,
  });
  const evaluation = evaluationStep(network, forward);
  return {
    movement,
    train,
    evaluate: evaluation,
    trainableValues: parameters.reduce((sum, { variable }) => sum + variable.size, 0),
    steps: 0,
    dispose() {
      train.dispose();
      evaluation.dispose();
    },
  };
}

/** One update, and its share of the epoch's sums. */
async function update(phase: Phase, state: RunState, batch: Batch, rate: number, options: FitOptions): Promise<void> {
  const { inputs, targets, weights } = batchTensors(batch, options.batchSize, options.network.classes);
  const learningRate = tf.scalar(rate);
  const outputs = await phase.train.run(inputs, targets, weights, learningRate);
  const [[loss], losses, predictions] = await Promise.all([
    outputs.loss.data(),
    outputs.losses.data(),
    outputs.predictions.data(),
  ]);
  tf.dispose([inputs, targets, weights, learningRate, outputs.loss, outputs.losses, outputs.predictions]);
  if (!Number.isFinite(loss))
    throw new UserError(
      `Training diverged: the loss of step ${state.step} (epoch ${state.epoch + 1}, batch ${state.batch + 1}) is ${loss}.`,
      'Lower the learning rate or set clipNorm. The last good checkpoint was kept.',
    );
  const sums = { ...state.running };
  batch.labels.forEach((label, i) => {
    sums.loss += losses[i]!;
    if (predictions[i] === label) sums.correct++;
  });
  state.running = { ...sums, examples: sums.examples + batch.labels.length };
}

async function validate(
  options: FitOptions,
  source: NonNullable<FitOptions['validation']>,
  phase: Phase,
): Promise<Evaluation> {
  const { network, batchSize, forward = 'network' } = options;
  const evaluation = await evaluate({ network, source, batchSize, forward, step: phase.evaluate });
  if (!Number.isFinite(evaluation.loss))
    throw new UserError(
      `Training diverged: the validation loss is ${evaluation.loss}.`,
      'Lower the learning rate or set clipNorm. The last good checkpoint was kept.',
    );
  return evaluation;
}

function recordEpoch(state: RunState, phase: Phase, rate: number, validation: Evaluation | undefined): EpochRecord {
  const { loss, correct, examples, seconds } = state.running;
  return {
    epoch: state.epoch,
    step: state.step,
    'train/loss': loss / examples,
    'train/accuracy': correct / examples,
    ...(validation && { 'validation/loss': validation.loss, 'validation/accuracy': validation.accuracy }),
    'charts/learning_rate': rate,
    'charts/seconds': seconds,
    'charts/examples_per_second': examples / seconds,
    'charts/trainable_parameters': phase.trainableValues,
  };
}

/** Turns to the next epoch, and keeps the weights when they are the best so far. */
async function endEpoch(
  state: RunState,
  record: EpochRecord,
  monitor: Monitor,
  values: () => Promise<Map<string, Float32Array>>,
): Promise<void> {
  state.history.push(record);
  state.epoch++;
  state.batch = 0;
  state.running = NO_SUMS;
  if (record['validation/loss'] === undefined) return;
  const best = state.bestEpoch === null ? undefined : state.history[state.bestEpoch];
  if (best === undefined || isBetter(record, best, monitor)) {
    state.bestEpoch = record.epoch;
    state.best = await values();
    state.sinceBest = 0;
  } else state.sinceBest++;
}

function isBetter(record: EpochRecord, best: EpochRecord, monitor: Monitor): boolean {
  const gain = record['validation/accuracy']! - best['validation/accuracy']!;
  if (monitor === 'validation/accuracy' && gain !== 0) return gain > 0;
  return record['validation/loss']! < best['validation/loss']!;
}

async function stopWhenAsked(signal: AbortSignal | undefined, keep: () => Promise<void>): Promise<void> {
  if (signal?.aborted !== true) return;
  await keep();
  signal.throwIfAborted();
}
