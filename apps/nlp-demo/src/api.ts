/** What the page asks of its worker, and what it gets: plain values that can be posted between the two. */
import type {
  Engine,
  MadeFile,
  OnProgress,
  OnTrainingEvent,
  StartOptions,
  TrainingOutcome,
} from '@attune/demo-parts/api';
import type { InitPlan } from '@attune/nlp';

/** The built-in targets: `similar` are remarks, to be praised or blamed as the source's reviews are; `different` questions. */
export type BuiltInTask = 'similar' | 'different';

/** A table that was given, before its columns are chosen. */
export interface TablePreview {
  readonly name: string;
  readonly columns: readonly string[];
  /** Positions of the columns that seem to hold texts and labels. */
  readonly text: number;
  readonly label: number;
  /** Some rows, cut short. */
  readonly rows: readonly (readonly string[])[];
  readonly count: number;
}

export interface GivenTable {
  readonly name: string;
  readonly content: string | Blob;
  /** Whether the first line names the columns. */
  readonly header: boolean;
}

export interface ClassSummary {
  readonly name: string;
  /** Texts in each split. */
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  /** One of its training texts. */
  readonly example: string;
}

export interface DataSummary {
  readonly title: string;
  readonly classes: readonly ClassSummary[];
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  /** What is odd about it, in sentences. */
  readonly warnings: readonly string[];
  /** Whether its classes are the source's, so that the output layer can be carried over. */
  readonly sourceClasses: boolean;
}

/** One thing that was found, for people. */
export interface Finding {
  readonly name: string;
  readonly value: string;
  readonly meaning: string;
}

export interface Advice {
  readonly findings: readonly Finding[];
  /** In the source's words, how far the target is from it. */
  readonly verdict: string;
  /** What Mou et al. found for such a pair of tasks. */
  readonly paper: string;
  readonly recommended: InitPlan;
}

/** What is trained: the word-level network, each part as it begins; or the encoder, whose head is always new. */
export type Choice =
  | { readonly network: 'words'; readonly init: InitPlan }
  | { readonly network: 'encoder'; readonly encoder: 'frozen' | 'tuned' };

export interface PlanView {
  readonly choice: Choice;
  readonly plan: { readonly name: string };
  /** In one line. */
  readonly line: string;
  /** Single numbers, and those of them that training moves. */
  readonly values: number;
  readonly trainable: number;
  /** Epochs and the highest learning rate that follow from the choice and the data. */
  readonly epochs: number;
  readonly learningRate: number;
}

export interface TrainingRequest {
  readonly choice: Choice;
  readonly plan: { readonly name: string };
  readonly epochs: number;
  readonly learningRate: number;
}

export interface Prediction {
  readonly text: string;
  readonly label: number;
  readonly predicted: number;
  /** Of the predicted class, in [0, 1]. */
  readonly probability: number;
}

export interface Results {
  readonly classes: readonly string[];
  /** Which texts these are of: those held back, or, where none could be, those trained on. */
  readonly split: 'test' | 'validation' | 'train';
  readonly count: number;
  /** In [0, 1]. */
  readonly accuracy: number;
  /** Accuracy of always naming the commonest class. */
  readonly majority: number;
  /** Those that the network is least sure of, the least sure first. */
  readonly unsure: readonly Prediction[];
}

/** How the words of a text speak for its predicted class. */
export interface Explanation {
  readonly classes: readonly string[];
  /** Of each class, in [0, 1]. */
  readonly probabilities: readonly number[];
  readonly predicted: number;
  readonly words: readonly {
    readonly word: string;
    /** Whether the network has a vector of this word. */
    readonly known: boolean;
    /** What the predicted class's log-odds lose when the word is replaced by an unknown one; nats. */
    readonly weight: number;
  }[];
}

/** The same texts by the features of the network before training and of the trained one. */
export interface Projection {
  readonly labels: readonly number[];
  /** x and y of each text, each in [0, 1]. */
  readonly before: Float32Array;
  readonly after: Float32Array;
}

/** A row of the paper's table: how E, H and O begin, by a letter each. */
export interface InitRow {
  readonly name: string;
  readonly init: InitPlan;
}

export interface InitCell {
  readonly row: string;
  readonly task: BuiltInTask;
  /** On texts that were held back, in [0, 1]. */
  readonly accuracy: number;
}

export interface StudioApi {
  start(options: StartOptions): Promise<Engine>;
  useBuiltIn(task: BuiltInTask, perClass: number): Promise<DataSummary>;
  readTable(table: GivenTable): Promise<TablePreview>;
  /** Takes the table that was read last. @param columns Positions of the columns. */
  useTable(columns: { readonly text: number; readonly label: number }): Promise<DataSummary>;
  advice(): Promise<Advice>;
  viewPlan(choice: Choice): Promise<PlanView>;
  train(request: TrainingRequest, onEvent: OnTrainingEvent): Promise<TrainingOutcome<Results>>;
  continueTraining(onEvent: OnTrainingEvent): Promise<TrainingOutcome<Results>>;
  stop(): Promise<void>;
  explain(text: string): Promise<Explanation>;
  project(): Promise<Projection>;
  /** Fills the paper's table for both built-in targets. @returns Whether it came to its end. */
  fillInitTable(perClass: number, onCell: (cell: InitCell) => void, onProgress: OnProgress): Promise<boolean>;
  exportNetwork(): Promise<MadeFile>;
}
