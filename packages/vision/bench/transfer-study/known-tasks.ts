/** The study's records as the advisor sees them: what was known of each task beforehand, and how every plan did. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { levels, type Measurement, summaries, where } from '@attune/report';
import { readStudy } from '@attune/report/node';
import { type EvidenceCell, gainError, type TaskTraits } from '@attune/vision';
import { TARGETS } from './targets.ts';

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

/** Cells of one source network that are complete. */
export function knownTasks(
  transfer: readonly Measurement[],
  scores: readonly Measurement[],
  from: string,
): EvidenceCell[] {
  const runs = where(finalRuns(transfer), { from });
  const cells: EvidenceCell[] = [];
  for (const target of levels(runs, 'target'))
    for (const size of levels(where(runs, { target }), 'size')) {
      const accuracy = Object.fromEntries(
        summaries(where(runs, { target, size }), ['plan'], 'accuracy').map(({ factors, mean }) => [
          String(factors.plan),
          mean,
        ]),
      );
      const traits = traitsOf(where(scores, { from, target, size }), Number(size) * classesOf(String(target)));
      if (traits === undefined || !EVERYWHERE.every((plan) => accuracy[plan] !== undefined)) continue;
      cells.push({ target: String(target), imagesPerClass: Number(size), ...traits, accuracy });
    }
  return cells;
}

/** Means over seeds. Sizes above those that scores were measured at take the largest one's. */
function traitsOf(
  scores: readonly Measurement[],
  images: number,
): Pick<TaskTraits, 'shift' | 'earlierGain' | 'earlierError'> | undefined {
  const curve = summaries(scores, ['layer'], 'cross-validated probe');
  if (curve.length < 2) return undefined;
  const top = curve.at(-1)!.mean;
  const earlier = Math.max(...curve.slice(0, -1).map(({ mean }) => mean));
  const shift = summaries(scores, ['target'], 'shift')[0]?.mean;
  return {
    ...(shift === undefined ? {} : { shift }),
    earlierGain: earlier - top,
    earlierError: gainError(top, images),
  };
}

function classesOf(target: string): number {
  return TARGETS.find(({ name }) => name === target)!.classes;
}
