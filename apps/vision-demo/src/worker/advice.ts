/** What the data advises, by vision's advisor, put for a page. */
import type { ImageNetwork } from '@attune/core';
import type { OnProgress } from '@attune/demo-parts/api';
import { adviseOnImages, type Advice as Found } from '@attune/vision';
import type { Advice, Finding } from '../api.ts';
import type { Splits } from './collection.ts';

const SEED = 1;

/** @param network Pre-trained. */
export async function advice(
  network: ImageNetwork,
  classes: readonly string[],
  splits: Splits,
  onProgress: OnProgress,
): Promise<Advice> {
  const found = await adviseOnImages({
    network,
    train: splits.train,
    classes,
    seed: SEED,
    onProgress: (_, done, total) => onProgress(done, total),
  });
  return {
    findings: findings(found),
    depths: found.depth.map(({ layer, accuracy }) => ({ layer, accuracy })),
    chance: found.chance,
    scores: Object.entries(found.scores).map(([name, value]) => ({ name, value })),
    review: found.scenario.review,
    recommended: recommendation(found),
  };
}

function findings({ images, perClass, classes, traits, scenario, best, depth }: Found): Finding[] {
  const [least, most] = [Math.min(...perClass), Math.max(...perClass)];
  const top = depth.at(-1)!;
  const likeness = traits.shift === undefined ? scenario.likeness.side : traits.shift.toPrecision(2);
  return [
    {
      name: 'Training images',
      value: String(images),
      meaning: `${least === most ? least : `${least} to ${most}`} of each of ${classes.length} classes: ${scenario.size.side}`,
    },
    {
      name: 'Shift from the source',
      value: likeness,
      meaning: `${scenario.likeness.side}: how far the images move the network's statistics`,
    },
    {
      name: 'Best layer',
      value: best.layer,
      meaning: `${percent(best.accuracy)} by a linear probe${best.layer === top.layer ? '' : `, ${percent(top.accuracy)} at the top`}`,
    },
  ];
}

/** The plan that did best on known tasks like this one. */
function recommendation({ ranking, recommended, scenario }: Found): Advice['recommended'] {
  const next = ranking[1];
  const over = next === undefined ? '' : `, ${points(recommended.gain - next.gain)} over ${next.name}, the next`;
  const why = `On known tasks like this one (${scenario.name}) it does best: expected ${points(recommended.gain)} over a linear probe${over}.`;
  return { plan: recommended.name, why };
}

function points(share: number): string {
  return `${share < 0 ? '' : '+'}${(100 * share).toFixed(1)} points`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
