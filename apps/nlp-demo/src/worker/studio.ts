/** The worker's whole state: data, sources, the run and its results; one method for each thing that a visitor does. */

import { movedGroups, UserError } from '@attune/core';
import type {
  Engine,
  MadeFile,
  OnProgress,
  OnTrainingEvent,
  StartOptions,
  TrainingOutcome,
} from '@attune/demo-parts/api';
import { fitted, principalComponents, startEngine, zip } from '@attune/demo-parts/worker';
import { computeFeatures, type TextCounts } from '@attune/nlp';
import { transfer } from 'comlink';
import type {
  Advice,
  BuiltInTask,
  Choice,
  DataSummary,
  Explanation,
  GivenTable,
  InitCell,
  PlanView,
  Projection,
  Results,
  StudioApi,
  TablePreview,
  TrainingRequest,
} from '../api.ts';
import { advise, sourceCounts } from './advice.ts';
import { Collection } from './collection.ts';
import { EncoderSource } from './encoder-model.ts';
import { fillInitTable } from './init-table.ts';
import { Predictor } from './predictor.ts';
import { readSources } from './read-sources.ts';
import { encodeTexts } from './text-model.ts';
import { settingsFor, TrainingRun } from './training-run.ts';
import { type StartedModel, WordSource } from './word-model.ts';

const SEED = 1;

/** Texts that a projection shows at most: more would be a blot. */
const PROJECTED = 300;

interface Sources {
  readonly words: WordSource;
  readonly encoder: EncoderSource;
}

/** A run that goes on, or was stopped. */
interface Running extends StartedModel {
  readonly choice: Choice;
  readonly run: TrainingRun;
}

interface Trained extends StartedModel {
  readonly choice: Choice;
  readonly predictor: Predictor;
}

export class Studio implements StudioApi {
  private sources: Sources | undefined;
  private counts: TextCounts | undefined;
  private readonly data = new Collection();
  private running: Running | undefined;
  private trained: Trained | undefined;
  /** Stops what trains: made before anything is waited for, so that no Stop is too early to be heard. */
  private stopper: AbortController | undefined;

  async start(options: StartOptions): Promise<Engine> {
    const engine = await startEngine(options);
    const { words, encoder } = await readSources(options.base);
    this.sources = { words: await WordSource.read(words), encoder: new EncoderSource(encoder) };
    return engine;
  }

  async useBuiltIn(task: BuiltInTask, perClass: number): Promise<DataSummary> {
    this.forget();
    this.data.useBuiltIn(task, perClass);
    return this.summary();
  }

  async readTable(table: GivenTable): Promise<TablePreview> {
    return this.data.read(table);
  }

  async useTable(columns: { readonly text: number; readonly label: number }): Promise<DataSummary> {
    await this.data.useTable(columns);
    this.forget();
    return this.summary();
  }

  private summary(): DataSummary {
    return this.data.summary(this.requireSources().words.hasClasses(this.data.classes));
  }

  async advice(): Promise<Advice> {
    this.data.requireTexts();
    const { classes, splits } = this.data;
    this.counts ??= sourceCounts();
    return advise(this.counts, splits.train, classes, this.requireSources().words.hasClasses(classes));
  }

  /** The network that is chosen, as its run begins. */
  private async startOf(choice: Choice): Promise<StartedModel> {
    this.data.requireTexts();
    const { classes, splits } = this.data;
    const { words, encoder } = this.requireSources();
    return choice.network === 'words'
      ? words.start(choice.init, splits.train, classes, SEED)
      : encoder.start(choice.encoder, classes, SEED);
  }

  async viewPlan(choice: Choice): Promise<PlanView> {
    const { model, plan, name, line } = await this.startOf(choice);
    try {
      return {
        choice,
        plan: { name },
        line,
        ...sizesOf({ model, plan }),
        ...settingsFor(plan, model.parts, this.data.splits.train.length),
      };
    } finally {
      model.network.dispose();
    }
  }

  async train(
    { choice, epochs, learningRate }: TrainingRequest,
    onEvent: OnTrainingEvent,
  ): Promise<TrainingOutcome<Results>> {
    this.dropRun();
    const signal = this.stoppable();
    const started = await this.startOf(choice);
    const { model, plan } = started;
    // All copied and locked: there is nothing to train, and it is measured as it is.
    if (plan === undefined) return this.measured({ ...started, choice }, 0, performance.now());
    this.running = {
      ...started,
      choice,
      run: new TrainingRun({ model, plan, splits: this.data.splits, epochs, learningRate }),
    };
    return this.goOn(this.running, onEvent, signal);
  }

  async continueTraining(onEvent: OnTrainingEvent): Promise<TrainingOutcome<Results>> {
    if (this.running === undefined) throw new Error('there is no run to go on with');
    return this.goOn(this.running, onEvent, this.stoppable());
  }

  private async goOn(
    running: Running,
    onEvent: OnTrainingEvent,
    signal: AbortSignal,
  ): Promise<TrainingOutcome<Results>> {
    const begun = performance.now();
    if (!(await running.run.train(onEvent, signal))) return { state: 'stopped', epochs: running.run.epochs };
    this.running = undefined;
    return this.measured(running, running.run.epochs, begun);
  }

  private async measured(
    { run: _, ...model }: StartedModel & { readonly choice: Choice; readonly run?: TrainingRun },
    epochs: number,
    begun: number,
  ): Promise<TrainingOutcome<Results>> {
    const seconds = (performance.now() - begun) / 1000;
    this.dropTrained();
    this.trained = { ...model, predictor: new Predictor(model.model) };
    const { split, examples } = this.data.heldBack();
    const results = await this.trained.predictor.results(split, this.data.classes, examples);
    return { state: 'done', epochs, seconds, results };
  }

  async stop(): Promise<void> {
    this.stopper?.abort();
  }

  private stoppable(): AbortSignal {
    this.stopper = new AbortController();
    return this.stopper.signal;
  }

  async explain(text: string): Promise<Explanation> {
    const { model, predictor } = this.requireTrained();
    if (model.words(text).length === 0) throw new UserError('There are no words in it.', 'Type a sentence.');
    return predictor.explain(text, this.data.classes);
  }

  async project(): Promise<Projection> {
    const { model, choice } = this.requireTrained();
    const examples = spread(this.data.heldBack().examples, PROJECTED);
    const places = async (of: StartedModel['model']) => {
      const { values } = await computeFeatures(of.network, encodeTexts(of, examples));
      return fitted(principalComponents(values, examples.length, of.network.featureSize));
    };
    // Before: everything that can be is copied, and nothing was trained.
    const source = await this.startOf(
      choice.network === 'words' ? { network: 'words', init: { E: 'tuned', H: 'tuned', O: 'random' } } : choice,
    );
    try {
      return {
        labels: examples.map(({ label }) => label),
        before: await places(source.model),
        after: await places(model),
      };
    } finally {
      source.model.network.dispose();
    }
  }

  async fillInitTable(perClass: number, onCell: (cell: InitCell) => void, onProgress: OnProgress): Promise<boolean> {
    const source = this.requireSources().words;
    return fillInitTable({ source, perClass, onCell, onProgress, signal: this.stoppable() });
  }

  async exportNetwork(): Promise<MadeFile> {
    const { model, name } = this.requireTrained();
    // What is exported is written from memory: the values must have come back from where they were computed.
    await Promise.all([...model.network.parameters.values()].map(({ variable }) => variable.data()));
    const files = await model.files(this.data.classes);
    const bytes = zip([...files].map(([path, content]) => ({ name: path, bytes: content })));
    return transfer({ name: `${model.network.name}-${name.replaceAll(' ', '-')}.zip`, bytes }, [bytes.buffer]);
  }

  private requireSources(): Sources {
    if (this.sources === undefined) throw new Error('the engine was not started');
    return this.sources;
  }

  private requireTrained(): Trained {
    if (this.trained === undefined) throw new UserError('No network has been trained yet.', 'Train one first.');
    return this.trained;
  }

  private dropRun(): void {
    this.running?.model.network.dispose();
    this.running = undefined;
  }

  private dropTrained(): void {
    this.trained?.predictor.dispose();
    this.trained?.model.network.dispose();
    this.trained = undefined;
  }

  /** Other data: what was trained no longer belongs to it. */
  private forget(): void {
    this.dropRun();
    this.dropTrained();
  }
}

/** Single numbers of the network, and those of them that the plan moves. */
function sizesOf({ model, plan }: Pick<StartedModel, 'model' | 'plan'>): { values: number; trainable: number } {
  const { network } = model;
  const sizeOf = (names: readonly string[]) =>
    names.reduce((sum, name) => sum + network.parameters.get(name)!.variable.size, 0);
  const moving = new Set(plan === undefined ? [] : movedGroups(plan.moved, network).map(({ group }) => group));
  return {
    values: sizeOf([...network.parameters.keys()]),
    trainable: network.layerGroups
      .filter(({ name }) => moving.has(name))
      .reduce((sum, { parameters }) => sum + sizeOf(parameters), 0),
  };
}

/** At most so many, evenly spread: they come class by class. */
function spread<Item>(items: readonly Item[], most: number): Item[] {
  const every = Math.max(1, items.length / most);
  return Array.from({ length: Math.min(items.length, most) }, (_, i) => items[Math.floor(i * every)]!);
}
