/**
 * The training loop. An epoch: thaw what the plan thaws now, learn from each batch, validation, a record, and the best
 * weights kept. Whatever decides the next number is in `RunState`, so that a run can stop anywhere and go on exactly.
 */
import { UserError } from '../errors.ts';
import { adamw } from '../optim/adamw.ts';
import { disposeState } from '../optim/optimizer.ts';
import { cosine } from '../optim/schedule.ts';
import { exchangeAverages } from '../optim/weight-averages.ts';
import { Random } from '../random.ts';
import { seedDraws } from '../step.ts';
import { groupParameters, headGroup } from '../transfer/groups.ts';
import { needsSource } from '../transfer/held.ts';
import { interpolateWeights } from '../transfer/held-average.ts';
import { sourceHead } from '../transfer/held-task.ts';
import { movedGroups, movementAt } from '../transfer/movement.ts';
import { parameterValues } from '../transfer/network-values.ts';
import { endEpoch, restoreBest } from './best.ts';
import { fingerprint, requireSameRun } from './checkpoint.ts';
import { resolveClassWeights } from './class-balance.ts';
import { ahead, type Batch } from './data.ts';
import { type Evaluation, evaluate } from './evaluate.ts';
import { checkFitOptions, type FitOptions, monitorOf, runSettings } from './fit-options.ts';
import { penaltyOf } from './penalty.ts';
import { type Phase, startPhase } from './phase.ts';
import { Pace, silentProgress } from './progress.ts';
import type { EpochRecord, FitResult } from './records.ts';
import { type RunIdentity, type RunState, restoreCheckpoint, startState, takeCheckpoint } from './run-state.ts';
import { batchesInEpoch, twoTaskBatches } from './two-tasks.ts';

/**
 * Trains a network as a plan says. The network ends with the best weights by validation, else with the last; where the plan
 * averages them with their start, with that average.
 * @throws UserError for options out of range, a loss or weights that are not finite (the last good checkpoint is kept), a
 *   checkpoint of another run, or a full disk.
 */
export async function fit(options: FitOptions): Promise<FitResult> {
  checkFitOptions(options);
  const { network, plan, train, batchSize, epochs, accumulate = 1, classWeights } = options;
  const { optimizer = adamw(), schedule = cosine(), progress = silentProgress } = options;
  const source = needsSource(plan.held) ? [...(options.source?.parameters.values() ?? [])] : undefined;
  const moved = movedGroups(plan.moved, network);
  const head = headGroup(network).name;
  const { held } = plan;
  const movable = [
    ...moved.flatMap(({ group }) => groupParameters(network, group)),
    ...(held.to === 'task' && options.source ? sourceHead(options.source) : []),
  ];
  const names = new Set(movable.map(({ name }) => name));
  const random = Random.fromSeed(options.seed);
  const identity: RunIdentity = {
    plan,
    settings: { ...runSettings(options, optimizer, schedule), ...(source && { source: await fingerprint(source) }) },
    frozenFingerprint: await fingerprint([...network.parameters.values()].filter(({ name }) => !names.has(name))),
    random: random.state(),
  };
  const weights = classWeights && resolveClassWeights(classWeights, network.classes, train);
  // Before a checkpoint is put back: what holds is the start.
  const penalty = await penaltyOf(options, random);
  const state = resumeState(options, identity, movable);
  const tasks =
    held.to === 'task'
      ? { target: train, source: options.sourceTrain!, share: held.share, batchSize, random }
      : undefined;
  const batches = tasks ? batchesInEpoch(tasks) : Math.ceil(train.count / batchSize);
  const updates = Math.ceil(batches / accumulate);
  const pace = new Pace();

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
      const thawed = state.epoch > 0 && movementAt(plan.moved, network, state.epoch - 1).length !== movement.length;
      // More was thawed: a fair chance for it. A resumed epoch has had its chance already.
      if (thawed && state.batch === 0) state.sinceBest = 0;
      if (phase === undefined || thawed) {
        phase?.dispose();
        if (held.to === 'average' && movement.some(({ group }) => group !== head) && state.start.size === 0)
          state.start = await parameterValues(movable);
        phase = startPhase(movement, { ...options, optimizer, penalty, classWeights: weights }, state);
      }

      const rateAt = (step: number) => options.learningRate * schedule(step / (epochs * updates));
      const { epoch } = state;
      const batchesFrom = (firstBatch: number) =>
        tasks
          ? twoTaskBatches(tasks, epoch * batches + firstBatch, (epoch + 1) * batches)
          : train.batches({ epoch, batchSize, firstBatch, random: random.fork('data').fork(epoch) });
      if (state.batch === 0) await phase.measureRates(batchesFrom(0));
      let asked = performance.now();
      for await (const batch of ahead(batchesFrom(state.batch))) {
        const started = performance.now();
        state.running = { ...state.running, waiting: state.running.waiting + (started - asked) / 1000 };
        const updating = (state.batch + 1) % accumulate === 0 || state.batch + 1 === batches;
        // From the batch's number, not from what was drawn before: a resumed run draws the same.
        seedDraws(random.fork('draws').fork(state.epoch * batches + state.batch));
        await learn(phase, state, batch, updating ? rateAt(state.step) : undefined);
        const seconds = (performance.now() - started) / 1000;
        // A phase's first batch is traced and compiled: it says nothing about the others.
        if (phase.batches++ > 0) pace.step(seconds);
        state.running = { ...state.running, seconds: state.running.seconds + seconds };
        state.batch++;
        progress.step({
          epoch: state.epoch,
          epochs,
          batch: state.batch,
          batches,
          loss: state.running.loss / state.running.examples,
          secondsLeft: pace.secondsLeft(
            (epochs - state.epoch) * batches - state.batch,
            options.validation ? epochs - state.epoch : 0,
          ),
        });
        if (updating) {
          state.step++;
          await stopWhenAsked(options.signal, () => checkpoint(0));
          if (state.batch < batches) await checkpoint(checkpointSeconds);
        }
        asked = performance.now();
      }
      if (state.batch !== batches)
        throw new Error(`the training source gave ${state.batch} batches of ${batches} in epoch ${state.epoch}`);

      // Validation and the best weights are of the averages, where there are any.
      exchangeAverages(movable, state.averages);
      const started = performance.now();
      const validation = options.validation && (await validate(options, options.validation, phase));
      pace.validation((performance.now() - started) / 1000);
      const record = recordEpoch(state, phase, rateAt(state.step - 1), validation);
      await endEpoch(state, record, monitorOf(options), movable);
      exchangeAverages(movable, state.averages);

      const thawsMore = movementAt(plan.moved, network, state.epoch).length > movement.length;
      if (state.epoch === epochs) state.finished = 'epochs';
      else if (options.patience !== undefined && state.sinceBest >= options.patience && !thawsMore)
        state.finished = 'patience';
      progress.epoch(record, epochs);
      await options.recorder?.epoch(record);
      await checkpoint(state.finished === false ? checkpointSeconds : 0);
    }
    if (state.bestEpoch === null) exchangeAverages(movable, state.averages);
    else restoreBest(state, movable);
    if (held.to === 'average') await interpolateWeights(network, state.start, held.share);
    const best = state.history[state.bestEpoch ?? state.history.length - 1]!;
    return { history: state.history, best, steps: state.step, stopped: state.finished };
  } finally {
    phase?.dispose();
    penalty.dispose();
    disposeState(state.optimizer);
    disposeState(state.averages);
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

/** Learns from a batch, and adds its share to the epoch's sums. */
async function learn(phase: Phase, state: RunState, batch: Batch, learningRate: number | undefined): Promise<void> {
  const { loss, losses, correct, rows } = await phase.learn(batch, learningRate);
  if (!Number.isFinite(loss))
    throw new UserError(
      `Training diverged: the loss of step ${state.step} (epoch ${state.epoch + 1}, batch ${state.batch + 1}) is ${loss}.`,
      'Lower the learning rate or set clipNorm. The last good checkpoint was kept.',
    );
  const { running } = state;
  state.running = {
    ...running,
    loss: running.loss + losses,
    correct: running.correct + correct,
    examples: running.examples + rows,
  };
}

async function validate(
  options: FitOptions,
  source: NonNullable<FitOptions['validation']>,
  phase: Phase,
): Promise<Evaluation> {
  const { network, batchSize, forward = 'network', loss = 'softmax' } = options;
  const evaluation = await evaluate({ network, source, batchSize, forward, loss, step: phase.evaluation });
  if (!Number.isFinite(evaluation.loss))
    throw new UserError(
      `Training diverged: the validation loss is ${evaluation.loss}.`,
      'Lower the learning rate or set clipNorm. The last good checkpoint was kept.',
    );
  return evaluation;
}

function recordEpoch(state: RunState, phase: Phase, rate: number, validation: Evaluation | undefined): EpochRecord {
  const { loss, correct, examples, seconds, waiting } = state.running;
  return {
    epoch: state.epoch,
    step: state.step,
    'train/loss': loss / examples,
    'train/accuracy': correct / examples,
    ...(validation && { 'validation/loss': validation.loss, 'validation/accuracy': validation.accuracy }),
    ...(validation?.multiLabel && {
      'validation/mean_average_precision': validation.multiLabel.meanAveragePrecision,
      'validation/micro_f1': validation.multiLabel.microF1,
      'validation/macro_f1': validation.multiLabel.macroF1,
    }),
    'charts/learning_rate': rate,
    'charts/seconds': seconds,
    'charts/examples_per_second': examples / seconds,
    'charts/stall_share': waiting / (waiting + seconds),
    'charts/trainable_parameters': phase.trainableValues,
  };
}

async function stopWhenAsked(signal: AbortSignal | undefined, keep: () => Promise<void>): Promise<void> {
  if (signal?.aborted !== true) return;
  await keep();
  signal.throwIfAborted();
}
