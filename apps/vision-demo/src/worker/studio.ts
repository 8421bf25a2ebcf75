/** The worker's whole state: data, source network, the run and its results; one method for each thing that a visitor does. */

import { exportOnnx } from '@attune/backend-onnx';
import {
  describePlan,
  type ImageNetwork,
  NAMED_PLANS,
  namedPlan,
  type TransferPlan,
  type tf,
  UserError,
} from '@attune/core';
import type {
  Engine,
  MadeFile,
  OnProgress,
  OnTrainingEvent,
  StartOptions,
  TrainingOutcome,
} from '@attune/demo-parts/api';
import { startEngine } from '@attune/demo-parts/worker';
import { computeFeatures, type Features } from '@attune/vision';
import { transfer } from 'comlink';
import type {
  Advice,
  DataSummary,
  ExplanationMap,
  GivenImage,
  MapMethod,
  NetworkChoice,
  PlanView,
  Projection,
  ProjectionMethod,
  Results,
  StudioApi,
  TrainingRequest,
} from '../api.ts';
import { advice } from './advice.ts';
import { Collection } from './collection.ts';
import { bitmapOf } from './decode.ts';
import { gradCam } from './grad-cam.ts';
import { occlusion } from './occlusion.ts';
import { viewPlan } from './plan-view.ts';
import { predictAll } from './predict.ts';
import { project } from './project.ts';
import { EMBEDDED, networkChoices, SourceNetwork } from './source-network.ts';
import { TrainingRun } from './training-run.ts';

const SEED = 1;

/** Images that a projection shows at most: more would be a blot. */
const PROJECTED = 400;

export class Studio implements StudioApi {
  private base = '';
  private source: SourceNetwork | undefined;
  private readonly data = new Collection();
  private run: TrainingRun | undefined;
  /** Stops what trains: made before anything is waited for, so that no Stop is too early to be heard. */
  private stopper: AbortController | undefined;
  private trained: { readonly network: ImageNetwork; readonly plan: TransferPlan } | undefined;
  private featuresBefore: Features | undefined;

  async start(options: StartOptions): Promise<Engine> {
    this.base = options.base;
    const engine = await startEngine(options);
    await this.chooseNetwork(EMBEDDED);
    return engine;
  }

  async networks(): Promise<NetworkChoice[]> {
    return networkChoices();
  }

  async chooseNetwork(name: string, weights?: File): Promise<NetworkChoice> {
    const bytes = weights ? await weights.arrayBuffer() : await this.embeddedWeights();
    const source = SourceNetwork.read(name, weights?.name ?? name, new Uint8Array(bytes));
    this.forget();
    this.source = source;
    await this.data.resize(source.resize);
    return source.choice;
  }

  private async embeddedWeights(): Promise<ArrayBuffer> {
    const response = await fetch(new URL(`networks/${EMBEDDED}.safetensors`, this.base));
    if (!response.ok) throw new Error(`the embedded weights cannot be fetched (${response.status})`);
    return response.arrayBuffer();
  }

  async useBuiltIn(task: 'similar' | 'different', perClass: number): Promise<DataSummary> {
    this.forget();
    this.data.useBuiltIn(task, perClass);
    return this.summary();
  }

  async addImages(images: readonly GivenImage[], onProgress: OnProgress): Promise<DataSummary> {
    this.forget();
    await this.data.add(images, this.requireSource().resize, onProgress);
    return this.summary();
  }

  async clearData(): Promise<void> {
    this.forget();
    this.data.clear();
  }

  private async summary(): Promise<DataSummary> {
    const summary = await this.data.summary();
    return transfer(
      summary,
      summary.classes.flatMap(({ thumbnails }) => [...thumbnails]),
    );
  }

  async advice(onProgress: OnProgress): Promise<Advice> {
    this.data.requireClasses();
    const network = this.requireSource().pretrained(this.data.classes.length, SEED);
    try {
      return await advice(network, this.data.classes, this.data.splits, onProgress);
    } finally {
      network.dispose();
    }
  }

  async planNames(): Promise<{ name: string; line: string }[]> {
    return Object.values(NAMED_PLANS).map((plan) => ({ name: plan.name, line: describePlan(plan) }));
  }

  async viewPlan(plan: TransferPlan | string): Promise<PlanView> {
    this.data.requireClasses();
    const value = typeof plan === 'string' ? namedPlan(plan) : plan;
    const network = await this.requireSource().startOf(value, this.data.classes.length, SEED);
    try {
      return viewPlan(network, value, this.data.splits);
    } finally {
      network.dispose();
    }
  }

  async train(request: TrainingRequest, onEvent: OnTrainingEvent): Promise<TrainingOutcome<Results>> {
    this.data.requireClasses();
    this.dropRun();
    const signal = this.stoppable();
    this.run = new TrainingRun({
      ...request,
      network: await this.requireSource().startOf(request.plan, this.data.classes.length, SEED),
      source: this.requireSource().heldTo(request.plan, SEED),
      splits: this.data.splits,
    });
    return this.goOn(this.run, onEvent, signal);
  }

  async continueTraining(onEvent: OnTrainingEvent): Promise<TrainingOutcome<Results>> {
    if (this.run === undefined) throw new Error('there is no run to go on with');
    return this.goOn(this.run, onEvent, this.stoppable());
  }

  private async goOn(
    run: TrainingRun,
    onEvent: OnTrainingEvent,
    signal: AbortSignal,
  ): Promise<TrainingOutcome<Results>> {
    const started = performance.now();
    if (!(await run.train(onEvent, signal))) return { state: 'stopped', epochs: run.epochs };
    const seconds = (performance.now() - started) / 1000;
    const results = await predictAll(run.network, this.data.classes, this.data.heldBack());
    this.trained?.network.dispose();
    this.trained = { network: run.finish(), plan: run.plan };
    this.run = undefined;
    return { state: 'done', epochs: run.epochs, seconds, results };
  }

  async stop(): Promise<void> {
    this.stopper?.abort();
  }

  private stoppable(): AbortSignal {
    this.stopper = new AbortController();
    return this.stopper.signal;
  }

  async picture(index: number, side: number): Promise<ImageBitmap> {
    const bitmap = await bitmapOf(await this.heldBack(index).pixels(), side);
    return transfer(bitmap, [bitmap]);
  }

  async explain(index: number, method: MapMethod): Promise<ExplanationMap> {
    const { network } = this.requireTrained();
    const example = this.heldBack(index);
    const { predictions } = await predictAll(network, this.data.classes, { split: 'test', examples: [example] });
    const map = method === 'grad-cam' ? gradCam : occlusion;
    return map(network, example, predictions[0]!.predicted);
  }

  async project(method: ProjectionMethod, onProgress: OnProgress): Promise<Projection> {
    const { network } = this.requireTrained();
    const examples = this.data.heldBack().examples.slice(0, PROJECTED);
    this.featuresBefore ??= await this.pretrainedFeatures(examples);
    const after = await computeFeatures(network, examples);
    const both = [this.featuresBefore, after];
    const places: Float32Array[] = [];
    for (const [i, { values }] of both.entries())
      places.push(
        await project(values, examples.length, method, (done, total) => onProgress(i * total + done, 2 * total)),
      );
    return { labels: examples.map(({ label }) => label), before: places[0]!, after: places[1]! };
  }

  private async pretrainedFeatures(examples: Parameters<typeof computeFeatures>[1]): Promise<Features> {
    const network = this.requireSource().pretrained(this.data.classes.length, SEED);
    try {
      return await computeFeatures(network, examples);
    } finally {
      network.dispose();
    }
  }

  async exportOnnx(): Promise<MadeFile> {
    const { network, plan } = this.requireTrained();
    const { preprocessing } = network;
    // What is exported is written from memory: the values must have come back from where they were computed.
    await Promise.all([...network.parameters.values()].map(({ variable }) => variable.data()));
    const shape = [null, preprocessing.size, preprocessing.size, preprocessing.channels === 'gray' ? 1 : 3];
    const bytes = exportOnnx((images) => network.apply(images as tf.Tensor4D), [{ name: 'images', shape }], {
      outputNames: ['logits'],
      name: network.name,
      metadata: {
        network: network.name,
        plan: JSON.stringify(plan),
        classes: JSON.stringify(this.data.classes),
        preprocessing: JSON.stringify(preprocessing),
      },
    });
    return transfer({ name: `${network.name}-${plan.name}.onnx`, bytes }, [bytes.buffer]);
  }

  private requireSource(): SourceNetwork {
    if (this.source === undefined) throw new Error('the engine was not started');
    return this.source;
  }

  private requireTrained(): NonNullable<Studio['trained']> {
    if (this.trained === undefined) throw new UserError('No network has been trained yet.', 'Train one first.');
    return this.trained;
  }

  private heldBack(index: number) {
    const example = this.data.heldBack().examples[index];
    if (example === undefined) throw new Error(`there is no image ${index}`);
    return example;
  }

  private dropRun(): void {
    this.run?.dispose();
    this.run = undefined;
  }

  /** Other data or another network: what was trained no longer belongs to it. */
  private forget(): void {
    this.dropRun();
    this.trained?.network.dispose();
    this.trained = undefined;
    this.featuresBefore = undefined;
  }
}
