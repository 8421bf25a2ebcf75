/** What the advisor has learned from: measured accuracies of every plan on known tasks, and what was known of each task. */

/** How a task looks before anything is trained on it. */
export interface TaskTraits {
  /** Median over the classes. */
  readonly imagesPerClass: number;
  /** See `statisticsShift`; undefined for a network without normalisations. */
  readonly shift?: number | undefined;
  /** Cross-validated accuracy of a probe on the best earlier layer, less that on the top one. */
  readonly earlierGain: number;
}

/** What a plan gained on some of the very images to learn from, which it was not trained on. */
export interface Trial {
  readonly plan: string;
  /** Accuracy of a linear probe on the images that were left out, in [0, 1]. */
  readonly probe: number;
  /** The plan's accuracy on the same images, less that; shares, so 0.01 is a point. */
  readonly gain: number;
  /** The gain as an angle (see `room.ts`), radians; of few images, each share is nearer to a half than it was counted. */
  readonly angle: number;
  /** Of the angle, from how much the gain differs from image to image. */
  readonly standardError: number;
}

export interface EvidenceCell extends TaskTraits {
  readonly target: string;
  /** Test accuracy of each plan, the mean over seeds, in [0, 1]. */
  readonly accuracy: Readonly<Record<string, number>>;
}

/** What plans are ranked by: the known tasks, and the numbers that were fitted to them. */
export interface Evidence {
  readonly cells: readonly EvidenceCell[];
  readonly thresholds: Thresholds;
}

export interface Thresholds {
  /** Images a class from which on a set counts as large. */
  readonly imagesPerClass: number;
  /** Shift from which on a target counts as different from the source. */
  readonly shift: number;
  /** The gain of an earlier layer from which on it does, where there is no shift. */
  readonly earlierGain: number;
  /** Widths of the kernel that weighs known tasks: of ln(images a class) and of ln(shift). */
  readonly widths: { readonly imagesPerClass: number; readonly shift: number };
  /** Standard errors that a plan's expected gain is lowered by before plans are compared. */
  readonly caution: number;
}
