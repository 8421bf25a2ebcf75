/** One run of the study: a network that begins as a plan says, is trained on some examples, and scored on the test. */
import {
  assignNetworkValues,
  carryOver,
  type ExampleSource,
  evaluate,
  examplesInMemory,
  type FitOptions,
  fit,
  headGroup,
  movedGroups,
  namedPlan,
  needsSource,
  type TransferPlan,
} from '@attune/core';
import { computeFeatures, type EncodedTexts, extendTextNetwork, type TextNetwork } from '@attune/nlp';
import { SETTINGS, sourceOf } from './settings.ts';
import type { SourceNetworks, SourceState } from './sources.ts';
import type { OpenedExperiment, TargetTask } from './tasks.ts';

export interface Run {
  readonly opened: OpenedExperiment;
  readonly networks: SourceNetworks;
  readonly target: TargetTask;
  readonly plan: TransferPlan;
  /** What the plan carries over, or goes on learning from; undefined where it does neither. */
  readonly from: SourceState | undefined;
  readonly train: EncodedTexts;
  readonly seed: number;
  /** Epochs at most. */
  readonly epochs: number;
  /**
   * Epochs without a better validation after which training ends, and the best weights are tested; undefined: all epochs are
   * trained, and the last weights are tested.
   */
  readonly patience: number | undefined;
  /** What is not as `SETTINGS` has it. */
  readonly settings?: Partial<FitOptions>;
}

export interface Outcome {
  readonly metrics: Readonly<Record<string, number>>;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Training alone. */
  readonly seconds: number;
}

export async function measure(run: Run): Promise<Outcome> {
  const { opened, networks, target, plan, from, seed, epochs, patience } = run;
  const network = networks.create(target.classes, seed);
  // Where MULT begins at random, so does the source's head; its network is only asked for that.
  const other = needsSource(plan.held) ? sourceNetwork(run) : undefined;
  try {
    if (from !== undefined) carryOver(network, from.values, plan.carried);
    const lora = extendTextNetwork(network, plan.added, seed);
    const common = { ...SETTINGS.fit(), ...run.settings, network, seed };
    const started = performance.now();
    if (plan.added.head === 'fitted')
      await fit({ ...common, ...headOn(await featuresOf(network, run.train, true)), epochs, learningRate: 3e-3 });
    const watched = patience !== undefined;
    const moves = movesHeadAlone(plan, network)
      ? {
          ...headOn(await featuresOf(network, run.train, true)),
          ...(watched && { patience, validation: await featuresOf(network, target.validation, false) }),
        }
      : {
          plan,
          train: sourceOf(run.train, true),
          ...(watched && { patience, validation: sourceOf(target.validation, false) }),
        };
    const { best, history } = await fit({
      ...common,
      ...moves,
      epochs,
      ...(other && { source: other }),
      ...(plan.held.to === 'task' && { sourceTrain: sourceOf(opened.source.train, true) }),
    });
    const seconds = Math.round((performance.now() - started) / 10) / 100;
    lora?.mergeAndRemove();
    const scores = async (texts: EncodedTexts) =>
      evaluate({ network, source: sourceOf(texts, false), batchSize: common.batchSize });
    const { accuracy, loss } = await scores(target.test);
    return {
      metrics: {
        accuracy,
        loss,
        validation: best['validation/accuracy'] ?? (await scores(target.validation)).accuracy,
        epochs: best.epoch + 1,
      },
      settings: {
        plan: plan.name,
        learningRate: common.learningRate,
        epochs: history.length,
        trainableParameters: best['charts/trainable_parameters'],
        ...(from && { sourceEpochs: from.epochs }),
      },
      seconds,
    };
  } finally {
    network.dispose();
    other?.dispose();
  }
}

/** The source's network on the target's test, with nothing trained: E, H and O locked. */
export async function testSource(
  networks: SourceNetworks,
  target: TargetTask,
  from: SourceState,
  seed: number,
): Promise<Outcome> {
  const network = networks.create(target.classes, seed);
  try {
    assignNetworkValues(network, from.values);
    const started = performance.now();
    const scores = async (texts: EncodedTexts) =>
      evaluate({ network, source: sourceOf(texts, false), batchSize: SETTINGS.fit().batchSize });
    const [{ accuracy, loss }, validation] = [await scores(target.test), await scores(target.validation)];
    return {
      metrics: { accuracy, loss, validation: validation.accuracy, epochs: 0 },
      settings: { plan: 'none', sourceEpochs: from.epochs },
      seconds: Math.round((performance.now() - started) / 10) / 100,
    };
  } finally {
    network.dispose();
  }
}

/** What a head learns from does not change: it is computed once. */
const headOn = (train: ExampleSource) => ({ plan: namedPlan('linear-probe'), forward: 'head' as const, train });

async function featuresOf(network: TextNetwork, encoded: EncodedTexts, shuffle: boolean): Promise<ExampleSource> {
  const { values, size, labels } = await computeFeatures(network, encoded, { batchSize: SETTINGS.fit().batchSize });
  return examplesInMemory({ inputs: values, shape: [size], labels, shuffle });
}

function movesHeadAlone({ moved }: TransferPlan, network: TextNetwork): boolean {
  const groups = movedGroups(moved, network);
  return groups.length === 1 && groups[0]!.group === headGroup(network).name;
}

function sourceNetwork({ opened, networks, plan, from, seed }: Run) {
  const network = networks.create(opened.source.classes, seed);
  if (from !== undefined && plan.carried.what !== 'nothing') assignNetworkValues(network, from.values);
  return network;
}
