/** Which plans a scenario speaks for, and why: what the papers found, put beside what was measured here. */
import type { DepthPoint } from '@attune/core';
import { bestLayer } from '@attune/core';
import type { OpenedSource } from '../classification/open-source.ts';
import type { TextScenario } from './scenario.ts';

export interface AdvisedPlan {
  /** A name that `namedTextPlan` knows. */
  readonly plan: string;
  /** A sentence. */
  readonly why: string;
  /** What the sentence rests on: a paper, or what was measured on these texts. */
  readonly basis: 'paper' | 'measured';
}

const MOU = 'Mou et al. 2016';

/** The best first. @param depth Probes from the input up. */
export function advisedPlans(
  kind: OpenedSource['kind'],
  scenario: TextScenario,
  depth: readonly DepthPoint[],
): AdvisedPlan[] {
  switch (kind) {
    case 'architecture':
      return [
        { plan: 'scratch', why: 'there is nothing to carry over; --vectors brings word vectors', basis: 'measured' },
      ];
    case 'words':
      return wordPlans(scenario);
    case 'encoder':
      return encoderPlans(scenario, depth);
    case 'frozen':
      return [
        {
          plan: 'linear-probe',
          why: 'transformers.js runs the encoder as it is: only a head can be fitted',
          basis: 'measured',
        },
      ];
    default:
      return kind satisfies never;
  }
}

function wordPlans({ likeness }: TextScenario): AdvisedPlan[] {
  const both: AdvisedPlan = {
    plan: 'init-ttr',
    why: `${MOU}: for alike tasks embedding and hidden layers are copied and tuned, and most of the gain is the hidden layers'; the output does not transfer`,
    basis: 'paper',
  };
  const vectors: AdvisedPlan = {
    plan: 'init-trr',
    why: `${MOU}: for unlike tasks the embedding alone is useful, and hidden layers that are copied and locked do harm`,
    basis: 'paper',
  };
  const scratch: AdvisedPlan = { plan: 'scratch', why: 'what the others are to be compared with', basis: 'measured' };
  return likeness === 'unlike' ? [vectors, both, scratch] : [both, vectors, scratch];
}

function encoderPlans({ size, likeness }: TextScenario, depth: readonly DepthPoint[]): AdvisedPlan[] {
  const setfit: AdvisedPlan = {
    plan: 'setfit',
    why: 'Tunstall et al. 2022: with few texts, pairs of them tune an encoder better than their labels do',
    basis: 'paper',
  };
  const probe: AdvisedPlan = {
    plan: 'linear-probe',
    why: `the review: small sets take a linear head on the frozen source; ${probeText(depth)}`,
    basis: 'measured',
  };
  const full: AdvisedPlan = {
    plan: 'full',
    why: 'the review: larger sets take the whole network, from the pre-trained weights',
    basis: 'paper',
  };
  const lora: AdvisedPlan = {
    plan: 'lora',
    why: 'Hu et al. 2021: about as good as full fine-tuning, with a hundredth of the weights',
    basis: 'paper',
  };
  const best = bestLayer(depth);
  const top = depth.at(-1)!;
  const lower = likeness === 'unlike' && best.layer !== top.layer;
  const cut: AdvisedPlan[] = lower
    ? [
        {
          plan: `probe-at-${best.layer}`,
          why: `the layers above ${best.layer} do worse than it here`,
          basis: 'measured',
        },
      ]
    : [];
  if (size === 'small') return [setfit, ...cut, probe, full];
  return [full, lora, ...cut, probe];
}

function probeText(depth: readonly DepthPoint[]): string {
  const best = bestLayer(depth);
  return `cross-validated here, one on ${best.layer} names ${(100 * best.accuracy).toFixed(1)} % right`;
}
