/**
 * The package's entry for browsers, which bundlers take through the export condition `browser`: what index.ts exports and
 * needs neither files nor sharp. Pixels come from the page's own decoder, as `Pixels`.
 */

// Data sets
export { stratifiedFolds } from '@attune/core';
// What the data advises
export { type Advice, type AdviseOptions, adviseOnImages, type Recommendation } from './advise/advise.ts';
export type { Axis, Scenario } from './advise/scenario.ts';
export { type TapFeaturesOptions, tapFeatures } from './advise/tap-features.ts';
// Augmentation
export {
  type Augmentation,
  augmentedView,
  centreView,
  DEFAULT_AUGMENTATION,
  MIRROR_ONLY,
  NO_AUGMENTATION,
} from './augment/augmentation.ts';
// Batches and features
export { type ImageSourceOptions, imageSource } from './batches.ts';
export { type ComputeFeaturesOptions, computeFeatures, type Features, featureSource } from './compute-features.ts';
export type { Example } from './dataset/open.ts';
export { stratifiedSplit } from './dataset/split.ts';
// Tuning
export { defaultSettings } from './default-settings.ts';
// Images
export { BrokenImage } from './images/broken-image.ts';
export type { Pixels } from './images/decode.ts';
export { imageLength, preprocess } from './images/preprocess.ts';
export { IMAGE_EXTENSIONS, sniffFormat } from './images/sniff.ts';
export type { VisionSettings } from './run-record.ts';
export { type TrainOnImagesOptions, trainOnImages } from './train.ts';
