/** Numbers and names as a reader wants them. */

/** Metrics that are shares, and read best as percentages. */
const SHARE = /accuracy|recall|precision|share|hit/i;

export function isShare(metric: string): boolean {
  return SHARE.test(metric);
}

/** `71.3 %` of a share, else four digits. */
export function metricText(metric: string, value: number): string {
  return isShare(metric) ? `${(100 * value).toFixed(1)} %` : String(Number(value.toPrecision(4)));
}

/** `macroF1` as `macro F1`, `batchSize` as `batch size`, `validation/loss` as `validation loss`. */
export function wordsOf(name: string): string {
  return name
    .replace(/[_/]+/g, ' ')
    .replace(/(?<=[a-z])[A-Z](?=[a-z])/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .trim();
}

export function secondsText(value: number): string {
  return value < 10 ? `${value.toFixed(1)} s` : `${value.toFixed(0)} s`;
}

/** Which metric is looked at first: of several labels the mean average precision, else the accuracy, else the first. */
export function mainMetric(names: Iterable<string>): string | undefined {
  const all = [...names].filter((name) => name !== 'examples');
  const common = ['meanAveragePrecision', 'accuracy'].find((name) => all.includes(name));
  return common ?? all.find((name) => isShare(name)) ?? all[0];
}
