/** Learning curves of runs: of one run training beside validation, of several groups each a line with its band. */

import type { Figure } from '../plots/figure.ts';
import { type CurveSeries, learningCurves } from '../plots/learning-curves.ts';
import type { MetricsLine } from '../records/run-record.ts';
import { resultNumber } from '../records/run-record.ts';
import type { RunGroup } from './run-groups.ts';
import { isShare, wordsOf } from './words.ts';

/** `validation/accuracy`: the split, and the measure. */
interface Name {
  readonly key: string;
  readonly split: string;
  readonly measure: string;
}

export function historyCurves(groups: readonly RunGroup[]): Figure[] {
  const names = namesIn(groups.flatMap(({ runs }) => runs.flatMap(({ history }) => history)));
  return groups.length === 1 && groups[0]!.runs.length === 1 ? singleRun(groups[0]!, names) : comparison(groups, names);
}

function singleRun({ runs }: RunGroup, names: readonly Name[]): Figure[] {
  const { history, record } = runs[0]!;
  const best = resultNumber(record, 'bestEpoch');
  const measures = [...new Set(names.map(({ measure }) => measure))];
  return measures.map((measure) =>
    figure(
      measure,
      wordsOf(measure),
      names
        .filter((name) => name.measure === measure)
        .sort((a, b) => Number(b.split === 'train') - Number(a.split === 'train'))
        .map(({ key, split }) => ({ name: splitWord(split) || measure, runs: [pointsOf(history, key)] })),
      best === undefined ? undefined : { x: best + 1, label: 'kept' },
    ),
  );
}

function comparison(groups: readonly RunGroup[], names: readonly Name[]): Figure[] {
  return names.map(({ key, split, measure }) =>
    figure(
      measure,
      `${splitWord(split)} ${wordsOf(measure)}`.trim(),
      groups.map(({ label, runs }) => ({
        name: label,
        runs: runs.map(({ history }) => pointsOf(history, key)).filter((points) => points.length > 0),
      })),
    ),
  );
}

function figure(
  measure: string,
  title: string,
  series: readonly CurveSeries[],
  mark?: { readonly x: number; readonly label: string },
): Figure {
  const share = isShare(measure);
  return learningCurves({
    title: title.charAt(0).toUpperCase() + title.slice(1),
    y: wordsOf(measure),
    series,
    mark,
    ...(share ? { format: (value: number) => `${(100 * value).toFixed(0)} %`, top: 1 } : {}),
  });
}

/** Accuracies before losses, validation before training; what only tells how fast it went is left out. */
function namesIn(lines: readonly MetricsLine[]): Name[] {
  const keys = [...new Set(lines.flatMap((line) => Object.keys(line)))];
  const names = keys
    .filter((key) => key !== 'epoch' && key !== 'step' && !key.startsWith('charts/'))
    .map((key): Name => {
      const slash = key.indexOf('/');
      return { key, split: slash < 0 ? '' : key.slice(0, slash), measure: key.slice(slash + 1) };
    });
  const rank = ({ split, measure }: Name) => (split === 'train' ? 2 : 0) + (isShare(measure) ? 0 : 1);
  return names.sort((a, b) => rank(a) - rank(b));
}

function splitWord(split: string): string {
  return split === 'train' ? 'training' : split;
}

/** Epochs are counted from 0 in files and from 1 here. */
function pointsOf(history: readonly MetricsLine[], key: string): [number, number][] {
  return history.flatMap((line, i) => {
    const value = Object.hasOwn(line, key) ? line[key] : undefined;
    return value === undefined
      ? []
      : [[line.epoch === undefined ? (line.step ?? i + 1) : line.epoch + 1, value] as [number, number]];
  });
}
