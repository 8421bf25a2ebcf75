/** Accuracy at each depth of a network, as bars. */
import type { DepthPoint } from '@attune/core';
import { list, percent } from './table.ts';

const BAR = 32;

export function depthTable(depth: readonly DepthPoint[], best: string): string {
  return list(
    depth.map(({ layer, accuracy, standardError }) => [
      `  ${layer}`,
      `${percent(accuracy).padStart(7)} ± ${(100 * standardError).toFixed(1).padStart(4)}`,
      '█'.repeat(Math.round(BAR * accuracy)).padEnd(BAR, '·'),
      layer === best ? 'best' : '',
    ]),
  );
}
