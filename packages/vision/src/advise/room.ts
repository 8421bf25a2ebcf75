/**
 * Gains on a scale that knows how much is left to gain. Accuracies are compared as angles, 2 asin(sqrt(p)) (Cohen, Statistical
 * Power Analysis for the Behavioral Sciences, 1988, chapter 6: effect size h): a difference of angles is worth fewer points
 * the nearer the accuracy is to 1, and nothing at 1. A proportion of n images has the variance 1/n as an angle, whatever it is.
 */

/** Radians, 0 to pi, for a share of images. */
export function angleOf(accuracy: number): number {
  return 2 * Math.asin(Math.sqrt(accuracy));
}

/** Difference of two shares as angles, radians. */
export function angleBetween(from: number, to: number): number {
  return angleOf(to) - angleOf(from);
}

/** What a difference of angles adds to a share: never more than is left to 1, nor less than to 0. */
export function gainFrom(accuracy: number, angle: number): number {
  const reached = Math.min(Math.max(angleOf(accuracy) + angle, 0), Math.PI);
  // At a right angle the sine is 1 exactly: where all is right, a gain is exactly 0.
  return Math.sin(reached / 2) ** 2 - accuracy;
}
