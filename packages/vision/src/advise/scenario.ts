/**
 * Which of the four scenarios of transfer a task is in: a small or large set, similar to the source or different from it
 * (Neychev 2017, after Karpathy's notes on transfer learning).
 */
import type { TaskTraits, Thresholds } from './evidence-types.ts';

export interface Axis<Side extends string> {
  readonly side: Side | 'between';
  /** Factor by which the measure is above the threshold (below 1: under it). */
  readonly margin: number;
}

export interface Scenario {
  readonly size: Axis<'small' | 'large'>;
  readonly likeness: Axis<'similar' | 'different'>;
  /** Such as `small, similar`. */
  readonly name: string;
  /** What the review advises there, as a request. */
  readonly review: string;
  /** The plan that stands for it; undefined between scenarios. */
  readonly reviewPlan: string | undefined;
}

/** Within this factor of a threshold a task is between two scenarios. */
const BETWEEN = 1.25;

export function scenarioOf(traits: TaskTraits, thresholds: Thresholds): Scenario {
  const size = axis(traits.imagesPerClass / thresholds.imagesPerClass, 'small', 'large');
  // Without normalisations, earlier layers that do better tell of another kind of images; a point counts as e^0.1.
  const ratio =
    traits.shift === undefined
      ? Math.exp(10 * (traits.earlierGain - thresholds.earlierGain))
      : traits.shift / thresholds.shift;
  const likeness = axis(ratio, 'similar', 'different');
  const advice = size.side === 'between' || likeness.side === 'between' ? undefined : REVIEW[size.side][likeness.side];
  const name = `${size.side === 'between' ? 'between small and large' : size.side}, ${
    likeness.side === 'between' ? 'between similar and different' : likeness.side
  }`;
  return {
    size,
    likeness,
    name,
    review: advice?.text ?? 'no advice between its four cases',
    reviewPlan: advice?.plan,
  };
}

const REVIEW = {
  small: {
    similar: { plan: 'linear-probe', text: 'train a linear classifier on the top features' },
    different: { plan: 'earlier-layer', text: 'train a linear classifier on the features of an earlier layer' },
  },
  large: {
    similar: { plan: 'full', text: 'fine-tune the whole network' },
    different: { plan: 'full', text: 'train the whole network, from the pre-trained weights' },
  },
} as const;

function axis<Side extends string>(margin: number, below: Side, above: Side): Axis<Side> {
  const side = margin >= BETWEEN ? above : margin <= 1 / BETWEEN ? below : 'between';
  return { side, margin };
}
