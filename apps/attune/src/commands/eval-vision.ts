/** `attune eval` of a run on images: how well the network of a finished run names the images of a data set. */
import type { SplitName } from '@attune/core';
import type { ViewsName } from '@attune/vision';
import { evaluateRun, labelsOf, readFinishedRecord } from '@attune/vision';
import { locateData } from '../input/data-sets.ts';
import { featureCache } from '../input/feature-cache.ts';
import { figuresOf } from '../terminal/metrics.ts';
import { percent, table } from '../terminal/table.ts';
import type { CommandOptions } from './command-options.ts';
import { backendOf, outputOf } from './command-options.ts';

export interface EvalVisionOptions extends CommandOptions {
  readonly data?: string;
  readonly split?: SplitName | 'all';
  readonly tta: ViewsName;
  readonly onBroken: 'skip' | 'refuse';
}

export async function evalVision(run: string, options: EvalVisionOptions): Promise<void> {
  const output = outputOf(options);
  const data = await locateData(options.data ?? (await readFinishedRecord(run)).data.path);
  await backendOf(options);
  const { split, metrics, predictions, record, dataset } = await evaluateRun(run, data, {
    onBroken: options.onBroken,
    views: options.tta,
    indexFolder: featureCache(),
    ...(options.split === undefined ? {} : { split: options.split }),
  });
  for (const { name, reason } of dataset.skipped) output.note(`left out: ${name}: ${reason}`);
  const rows = record.classes.map((name, label) => {
    const images = predictions.filter((prediction) => labelsOf(prediction).includes(label)).length;
    const shares = [metrics.perClass, ...(metrics.averagePrecision ? [metrics.averagePrecision] : [])];
    return [name, String(images), ...shares.map(({ [label]: share }) => (share == null ? '-' : percent(share)))];
  });
  output.result(
    { run, data, split, views: options.tta, classes: record.classes, metrics, skipped: dataset.skipped },
    [
      `${split} of ${data}: ${figuresOf(metrics)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ')}, ${metrics.examples} images`,
      table([['class', 'images', 'recognised', ...(metrics.averagePrecision ? ['average precision'] : [])], ...rows]),
    ].join('\n'),
  );
}
