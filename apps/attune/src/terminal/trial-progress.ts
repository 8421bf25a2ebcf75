/** One line, redrawn on a terminal, while plans are tried, with the time that is left; silent elsewhere. */
import { describeSeconds } from '@attune/core/node';

export interface TrialProgress {
  /** Before a run. */
  run(plan: string, done: number, total: number): void;
  /** Takes the line away. */
  end(): void;
}

export function trialProgress(stream: NodeJS.WriteStream = process.stderr): TrialProgress {
  const started = performance.now();
  let drawn = false;
  return {
    run(plan, done, total) {
      if (!stream.isTTY) return;
      const seconds = (performance.now() - started) / 1000;
      const left = done === 0 ? '' : `, ${describeSeconds((seconds / done) * (total - done))} left`;
      stream.write(`\rtrying plans ${done + 1}/${total}: ${plan}${left}\x1b[K`);
      drawn = true;
    },
    end() {
      if (drawn) stream.write('\r\x1b[K');
    },
  };
}
