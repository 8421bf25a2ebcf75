/** What the page asks of its worker, and what it gets: plain values that can be posted between the two. */
import type { TransferPlan } from '@attune/core';
import type {
  Engine,
  MadeFile,
  OnProgress,
  OnTrainingEvent,
  StartOptions,
  TrainingOutcome,
} from '@attune/demo-parts/api';

/** A pre-trained network that can be chosen. */
export interface NetworkChoice {
  readonly name: string;
  readonly title: string;
  readonly trainedOn: string;
  /** Side of the input, pixels. */
  readonly size: number;
}

/** A layer group of the network that a plan trains. */
export interface Group {
  readonly name: string;
  /** Single numbers in it, moving statistics left out. */
  readonly values: number;
  /** Those of them that the plan moves, at any time of training. */
  readonly trainable: number;
  readonly moves: boolean;
}

export interface PlanView {
  readonly plan: TransferPlan;
  /** In one line. */
  readonly line: string;
  /** From the input to the head. */
  readonly groups: readonly Group[];
  readonly values: number;
  readonly trainable: number;
  /** Epochs and the highest learning rate that follow from the plan and the data. */
  readonly epochs: number;
  readonly learningRate: number;
}

/** An image that a visitor gives, with the name of its class. */
export interface GivenImage {
  readonly label: string;
  /** Its path: an image of the same path is taken once. */
  readonly name: string;
  readonly image: Blob;
}

export interface ClassSummary {
  readonly name: string;
  /** Images in each split. */
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  /** Some of its images, small. */
  readonly thumbnails: readonly ImageBitmap[];
}

export interface DataSummary {
  readonly title: string;
  readonly classes: readonly ClassSummary[];
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  /** Images that were left out, and why. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/** How well a linear probe on the averaged output of a layer does in cross-validation. */
export interface Depth {
  readonly layer: string;
  /** In [0, 1]. */
  readonly accuracy: number;
}

/** One thing that was found, for people. */
export interface Finding {
  readonly name: string;
  readonly value: string;
  readonly meaning: string;
}

export interface Advice {
  readonly findings: readonly Finding[];
  readonly depths: readonly Depth[];
  /** Accuracy of guessing. */
  readonly chance: number;
  /** Transferability scores of the top layer's features; greater is better. */
  readonly scores: readonly { readonly name: string; readonly value: number }[];
  /** What the review of fine-tuning methods says of the scenario. */
  readonly review: string;
  /** Name of the plan that the data speaks for, and why. */
  readonly recommended: { readonly plan: string; readonly why: string };
}

export interface TrainingRequest {
  readonly plan: TransferPlan;
  readonly epochs: number;
  readonly learningRate: number;
}

export interface Prediction {
  /** Number of the image among those that were held back. */
  readonly index: number;
  readonly name: string;
  readonly label: number;
  readonly predicted: number;
  /** Of the predicted class, in [0, 1]. */
  readonly probability: number;
}

export interface Results {
  readonly classes: readonly string[];
  /** Which images these are of: those held back, or, where none could be, those trained on. */
  readonly split: 'test' | 'validation' | 'train';
  /** In [0, 1]. */
  readonly accuracy: number;
  /** In the order of the images. */
  readonly predictions: readonly Prediction[];
  /** Whether a map by gradients can be made for this network. */
  readonly gradCam: boolean;
}

export type MapMethod = 'grad-cam' | 'occlusion';

/** How much each place speaks for a class. */
export interface ExplanationMap {
  readonly width: number;
  readonly height: number;
  /** Row by row, in [0, 1]; 1 is the place that matters most. */
  readonly values: Float32Array;
}

export type ProjectionMethod = 'pca' | 'umap';

/** The same images by the features of the pre-trained network and of the trained one. */
export interface Projection {
  readonly labels: readonly number[];
  /** x and y of each image, each in [0, 1]. */
  readonly before: Float32Array;
  readonly after: Float32Array;
}

export interface StudioApi {
  start(options: StartOptions): Promise<Engine>;
  networks(): Promise<NetworkChoice[]>;
  /** Takes another network; `weights` is its file, undefined for the one that comes with the page. */
  chooseNetwork(name: string, weights?: File): Promise<NetworkChoice>;
  useBuiltIn(task: 'similar' | 'different', perClass: number): Promise<DataSummary>;
  /** Adds images to those that were given before; the built-in pictures make way. */
  addImages(images: readonly GivenImage[], onProgress: OnProgress): Promise<DataSummary>;
  clearData(): Promise<void>;
  advice(onProgress: OnProgress): Promise<Advice>;
  planNames(): Promise<{ readonly name: string; readonly line: string }[]>;
  viewPlan(plan: TransferPlan | string): Promise<PlanView>;
  train(request: TrainingRequest, onEvent: OnTrainingEvent): Promise<TrainingOutcome<Results>>;
  /** Goes on with the run that was stopped. */
  continueTraining(onEvent: OnTrainingEvent): Promise<TrainingOutcome<Results>>;
  stop(): Promise<void>;
  picture(index: number, side: number): Promise<ImageBitmap>;
  explain(index: number, method: MapMethod): Promise<ExplanationMap>;
  project(method: ProjectionMethod, onProgress: OnProgress): Promise<Projection>;
  exportOnnx(): Promise<MadeFile>;
}
