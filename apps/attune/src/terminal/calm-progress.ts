/** Progress in a measure that can be read: the head of a network may train through a hundred epochs in a second. */
import type { Progress } from '@attune/core';

/** Least time between the lines of two epochs, milliseconds; the first and the last are always told. */
const LEAST_MILLISECONDS = 500;

/** @param announce Called once, before the first thing that is told. */
export function calmProgress(progress: Progress, announce: () => void): Progress {
  let begun = false;
  let told = Number.NEGATIVE_INFINITY;
  const begin = () => {
    if (!begun) announce();
    begun = true;
  };
  return {
    step(step) {
      begin();
      progress.step(step);
    },
    epoch(record, epochs) {
      begin();
      const now = performance.now();
      if (now - told < LEAST_MILLISECONDS && record.epoch + 1 < epochs) return;
      told = now;
      progress.epoch(record, epochs);
    },
  };
}
