/**
 * Which of the review's four scenarios a task of texts is in (Neychev 2017): a small or large set, alike the source or not. Where
 * nothing measured draws the line, the task is between, and the numbers are given.
 */
import type { DepthPoint } from '@attune/core';

export interface TextScenario {
  readonly size: 'small' | 'large' | 'between';
  readonly likeness: 'alike' | 'unlike' | 'between';
  /** Why, each: a sentence with its numbers. */
  readonly reasons: { readonly size: string; readonly likeness: string };
}

/** SetFit's paper has 8 and 64 texts a class: what few means there (Tunstall et al. 2022, arXiv:2209.11055). */
const FEW = 64;
/** The large sets of Mou et al. 2016 (IMDB, SNLI), which they carry from, are of this order. */
const MANY = 100_000;

export interface ScenarioEvidence {
  readonly examples: number;
  /** Of the middle class. */
  readonly perClass: number;
  /** Probes from the input up; one alone where the source shows no layers. */
  readonly depth: readonly DepthPoint[];
}

export function textScenario({ examples, perClass, depth }: ScenarioEvidence): TextScenario {
  const size = perClass <= FEW ? 'small' : examples >= MANY ? 'large' : 'between';
  return {
    size,
    ...likenessOf(
      depth,
      {
        small: `${perClass} texts in the middle class, and few is up to ${FEW}`,
        large: `${examples} texts, and many is ${MANY.toLocaleString('en-US')} and more`,
        between: `${perClass} texts in the middle class, ${examples} in all; few is up to ${FEW} a class, many ${MANY.toLocaleString('en-US')} and more`,
      }[size],
    ),
  };
}

/**
 * Alike: what the source learnt above its word vectors tells the classes apart better than the vectors alone; unlike: worse.
 * That is what Mou et al. find of copied hidden layers. Within two standard errors nothing is said.
 */
function likenessOf(depth: readonly DepthPoint[], size: string): Pick<TextScenario, 'likeness' | 'reasons'> {
  const [below, ...above] = depth;
  if (below === undefined || above.length === 0)
    return { likeness: 'between', reasons: { size, likeness: 'the source shows no layers to compare' } };
  const best = above.reduce((a, b) => (b.accuracy >= a.accuracy ? b : a));
  const gain = best.accuracy - below.accuracy;
  const error = Math.hypot(best.standardError, below.standardError);
  const likeness = gain > 2 * error ? 'alike' : gain < -2 * error ? 'unlike' : 'between';
  const points = (share: number) => `${share >= 0 ? '+' : ''}${(100 * share).toFixed(1)}`;
  return {
    likeness,
    reasons: {
      size,
      likeness: `a linear probe on ${best.layer} does ${points(gain)} points against one on ${below.layer}, and chance alone gives ± ${(200 * error).toFixed(1)}`,
    },
  };
}
