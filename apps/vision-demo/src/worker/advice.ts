/** What the data advises, by vision's advisor, put for a page. */
import type { Network } from '@attune/core';
import { adviseOnImages, bestEarlierLayer, type Advice as Found } from '@attune/vision';
import type { Advice, Finding, OnProgress } from '../api.ts';
import type { Splits } from './collection.ts';

const SEED = 1;

/** @param network Pre-trained. */
export async function advice(
  network: Network,
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
    chance: Math.max(...found.perClass) / found.images,
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

/** The plan that did best on known tasks like this one; where none were measured, the review's for the scenario. */
function recommendation({ ranking, scenario, depth }: Found): Advice['recommended'] {
  const [first, second] = ranking;
  if (first !== undefined) {
    const over = second === undefined ? '' : ` ${points(first.gain - second.gain)} over ${second.name}, the next.`;
    const why = `On known tasks like this one (${scenario.name}) it does best: expected ${points(first.gain)} over a linear probe.`;
    return { plan: first.name, why: why + over };
  }
  const { reviewPlan } = scenario;
  if (reviewPlan === undefined) return null;
  const earlier = bestEarlierLayer(depth)?.layer;
  const plan = reviewPlan !== 'earlier-layer' ? reviewPlan : earlier ? `probe-at-${earlier}` : 'linear-probe';
  return { plan, why: `The set is ${scenario.name}: ${scenario.review}.` };
}

function points(share: number): string {
  return `${share < 0 ? '' : '+'}${(100 * share).toFixed(1)} points`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
