/** The study's records as the advisor sees them: what was known of each task beforehand, and how every plan did. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { levels, type Measurement, summaries, where } from '@attune/report';
import { readStudy } from '@attune/report/node';
import { BASELINE, type EvidenceCell, type TaskTraits, type Trial, trialOf } from '@attune/vision';

export const RECORDS: string = fileURLToPath(new URL('../records', import.meta.url));

/** All measurements of the logs in a folder below the records; none where there is no such folder. */
export async function measurementsIn(folder: string): Promise<readonly Measurement[]> {
  const names = (await readdir(join(RECORDS, folder)).catch(() => [])).filter((name) => name.endsWith('.jsonl')).sort();
  if (names.length === 0) return [];
  return (await readStudy(names.map((name) => join(RECORDS, folder, name)))).measurements;
}

/** The runs that were scored on test images; the trials of candidates were not. */
export function finalRuns(measurements: readonly Measurement[]): Measurement[] {
  return measurements.filter(({ factors }) => factors.candidate === undefined);
}

/** Plans that are measured in every cell: a cell that lacks one would favour the others. */
const EVERYWHERE = ['linear-probe', 'earlier-layer', 'full', 'probe-then-full', 'modular'];

/** What one draw of images to learn from tells beforehand. */
export interface Draw {
  readonly seed: number;
  readonly traits: Pick<TaskTraits, 'shift' | 'earlierGain'>;
  /** Cross-validated accuracy of a probe on the top layer. */
  readonly probe: number;
  /** Of `trials.ts`. */
  readonly trials: readonly Trial[];
}

/** Traits and accuracies are means over the draws. */
export interface StudiedTask extends EvidenceCell {
  readonly draws: readonly Draw[];
}

export interface StudyMeasurements {
  readonly transfer: readonly Measurement[];
  readonly scores: readonly Measurement[];
  readonly trials: readonly Measurement[];
}

/** What the logs hold. */
export async function studyMeasurements(): Promise<StudyMeasurements> {
  const [transfer, scores, trials] = await Promise.all(['transfer', 'scores', 'trials'].map(measurementsIn));
  return { transfer: transfer!, scores: scores!, trials: trials! };
}

/** Tasks of one source network that are complete. */
export function knownTasks({ transfer, scores, trials }: StudyMeasurements, from: string): StudiedTask[] {
  const runs = where(finalRuns(transfer), { from });
  const tasks: StudiedTask[] = [];
  for (const target of levels(runs, 'target'))
    for (const size of levels(where(runs, { target }), 'size')) {
      const accuracy = Object.fromEntries(
        summaries(where(runs, { target, size }), ['plan'], 'accuracy').map(({ factors, mean }) => [
          String(factors.plan),
          mean,
        ]),
      );
      if (!EVERYWHERE.every((plan) => accuracy[plan] !== undefined)) continue;
      const draws = drawsOf(where(scores, { from, target, size }), where(trials, { from, target, size }));
      if (draws.length === 0) continue;
      const average = (of: (draw: Draw) => number | undefined) => {
        const values = draws.map(of).filter((value) => value !== undefined);
        return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
      };
      const shift = average(({ traits }) => traits.shift);
      tasks.push({
        target: String(target),
        imagesPerClass: Number(size),
        ...(shift === undefined ? {} : { shift }),
        earlierGain: average(({ traits }) => traits.earlierGain)!,
        accuracy,
        draws,
      });
    }
  return tasks;
}

/** Draws whose layers were scored. */
function drawsOf(scores: readonly Measurement[], trials: readonly Measurement[]): Draw[] {
  return [...new Set(scores.map(({ seed }) => seed))].sort().flatMap((seed): Draw[] => {
    const ofSeed = scores.filter((each) => each.seed === seed);
    const curve = ofSeed
      .filter(({ factors }) => factors.layer !== 'task')
      .map(({ metrics }) => metrics['cross-validated probe']!);
    if (curve.length < 2) return [];
    const shift = ofSeed.find(({ factors }) => factors.layer === 'task')?.metrics.shift;
    const earlierGain = Math.max(...curve.slice(0, -1)) - curve.at(-1)!;
    return [
      {
        seed,
        traits: { ...(shift === undefined ? {} : { shift }), earlierGain },
        probe: curve.at(-1)!,
        trials: trialsOf(trials.filter((each) => each.seed === seed)),
      },
    ];
  });
}

/** The plans against the probe, over all parts that were left out. */
function trialsOf(runs: readonly Measurement[]): Trial[] {
  const right = (plan: string) =>
    levels(runs, 'fold').flatMap((fold) =>
      [...String(where(runs, { plan, fold })[0]?.settings?.right ?? '')].map((each) => each === '1'),
    );
  return levels(runs, 'plan')
    .map(String)
    .filter((plan) => plan !== BASELINE)
    .map((plan) => trialOf(plan, right(plan), right(BASELINE)));
}
