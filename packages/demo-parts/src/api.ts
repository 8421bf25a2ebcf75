/** What the page of every demo asks of its worker, and what it gets: plain values that can be posted between the two. */
import type { EpochRecord } from '@attune/core';

export type Provider = 'wasm' | 'webgpu';

/** What everything runs on. */
export interface Engine {
  readonly provider: Provider;
  readonly threads: number;
  /** Whether this browser offers WebGPU as well. */
  readonly webgpu: boolean;
}

export interface StartOptions {
  readonly provider: Provider;
  /** Address of the page's folder. */
  readonly base: string;
}

export type OnProgress = (done: number, total: number) => void;

/** How training goes on. */
export type TrainingEvent =
  | { readonly what: 'features'; readonly done: number; readonly total: number }
  | {
      readonly what: 'step';
      readonly epoch: number;
      readonly epochs: number;
      readonly batch: number;
      readonly batches: number;
      readonly secondsLeft: number | null;
    }
  | { readonly what: 'epoch'; readonly record: EpochRecord; readonly epochs: number };

export type OnTrainingEvent = (event: TrainingEvent) => void;

export interface DoneTraining<Results> {
  readonly state: 'done';
  readonly epochs: number;
  readonly seconds: number;
  readonly results: Results;
}

export type TrainingOutcome<Results> = { readonly state: 'stopped'; readonly epochs: number } | DoneTraining<Results>;

/** A file that the worker made. */
export interface MadeFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}
