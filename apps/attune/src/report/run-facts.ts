/** What a run's record says in a report beyond what the page shows of all runs, whatever the domain. */
import { describePlan } from '@attune/core';
import type { TrainingRecord } from '@attune/core/node';
import type { Fact } from '@attune/report';

/** @param unit What an example is: `images`, `texts`. */
export function runFacts({ plan, source, result, data }: TrainingRecord, unit: string): Fact[] {
  return [
    ['plan', describePlan(plan)],
    ['source weights', source ? `${source.file} (SHA-256 ${source.sha256.slice(0, 12)}...)` : 'none'],
    ...(result && result.steps > 0
      ? [
          [
            'updates',
            `${result.steps}, weights of epoch ${result.bestEpoch + 1} kept, stopped by ${result.stopped}`,
          ] as const,
        ]
      : []),
    ...(data.skipped.length > 0
      ? [[`${unit} left out`, data.skipped.map(({ name, reason }) => `${name} (${reason})`).join('; ')] as const]
      : []),
  ];
}
