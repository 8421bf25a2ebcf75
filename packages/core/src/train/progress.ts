/** How a run shows that it goes on, and the estimate of the time left. */
import type { EpochRecord } from './records.ts';

export interface StepProgress {
  readonly epoch: number;
  readonly epochs: number;
  /** Batches done in this epoch, of how many. */
  readonly batch: number;
  readonly batches: number;
  /** Mean over the epoch so far. */
  readonly loss: number;
  /** Estimate for the whole run; undefined until there is something to go by. */
  readonly secondsLeft: number | undefined;
}

export interface Progress {
  step(progress: StepProgress): void;
  epoch(record: EpochRecord, epochs: number): void;
}

export const silentProgress: Progress = { step: () => {}, epoch: () => {} };

/** Estimates the time left from the time spent. Times that are not typical (tracing a step) are to be left out. */
export class Pace {
  private steps = 0;
  private stepSeconds = 0;
  private validations = 0;
  private validationSeconds = 0;

  step(seconds: number): void {
    this.steps++;
    this.stepSeconds += seconds;
  }

  validation(seconds: number): void {
    this.validations++;
    this.validationSeconds += seconds;
  }

  secondsLeft(steps: number, validations: number): number | undefined {
    if (this.steps === 0) return undefined;
    const perValidation = this.validations === 0 ? 0 : this.validationSeconds / this.validations;
    return (this.stepSeconds / this.steps) * steps + perValidation * validations;
  }
}
