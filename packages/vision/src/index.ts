/** Transfer of convolutional networks to folders of images. */

// Data sets
export { stratifiedFolds } from '@attune/core';
// What the data advises
export {
  type Advice,
  type AdviseOptions,
  adviseOnImages,
  type Recommendation,
  type TrialOptions,
} from './advise/advise.ts';
export { type AdviseVisionOptions, adviseVision, type VisionAdvice } from './advise/advise-vision.ts';
export type { Evidence, EvidenceCell, TaskTraits, Thresholds, Trial } from './advise/evidence-types.ts';
export {
  BASELINE,
  EARLIER_LAYER,
  type RankedPlan,
  type RankOptions,
  rankPlans,
  worthTrying,
} from './advise/recommend.ts';
export { type Axis, type Scenario, scenarioOf } from './advise/scenario.ts';
export { type SourceProbabilities, sourceProbabilities } from './advise/source-head.ts';
export { statisticsShift } from './advise/statistics-shift.ts';
export { imageBatches, type TapFeaturesOptions, tapFeatures } from './advise/tap-features.ts';
export { type TryPlansOptions, trialFolds, trialOf, tryPlans } from './advise/try-plans.ts';
export {
  plansToTry,
  type TriedPlan,
  type ValidateOptions,
  type Validation,
  validateAdvice,
} from './advise/validate.ts';
// Augmentation
export {
  type Augmentation,
  augmentedView,
  centreView,
  DEFAULT_AUGMENTATION,
  MIRROR_ONLY,
  NO_AUGMENTATION,
} from './augment/augmentation.ts';
export { VIEWS_NAMES, type View, type ViewsName, viewOf, viewsOf } from './augment/views.ts';
// Batches and cached features
export { type ImageSourceOptions, imageSource } from './batches.ts';
export { type ComputeFeaturesOptions, computeFeatures, type Features, featureSource } from './compute-features.ts';
export { type LabelKind, labelKindOf, labelsOf } from './dataset/labels.ts';
export {
  type Example,
  type ImageDataset,
  type OpenImagesOptions,
  openImages,
  type SkippedImage,
} from './dataset/open.ts';
export { type FoundImage, type FoundImages, scanImages } from './dataset/scan.ts';
export { stratifiedSplit } from './dataset/split.ts';
// Tuning, evaluation, prediction
export { defaultSettings } from './default-settings.ts';
export {
  type EvaluateImagesOptions,
  type EvaluateRunOptions,
  evaluateImages,
  evaluateRun,
  type NamedPrediction,
  probabilitiesOf,
  type RunEvaluation,
  type VisionEvaluation,
  type VisionMetrics,
} from './evaluate.ts';
export { type CachedFeaturesOptions, cachedFeatures, trunkFingerprint } from './features.ts';
// Images
export { BrokenImage } from './images/broken-image.ts';
export { decodeImage, PIXEL_LIMIT, type Pixels } from './images/decode.ts';
export { preprocess } from './images/preprocess.ts';
export {
  type ClassProbability,
  type ImagePrediction,
  type PredictOptions,
  predictImages,
  predictRun,
} from './predict.ts';
export {
  RUN_FILES,
  readFinishedRecord,
  readRecord,
  type VisionRecord,
  type VisionRunResult,
  type VisionSettings,
} from './run-record.ts';
export { type StartNetwork, type StartOptions, startNetwork } from './source-network.ts';
export { type TrainOnImagesOptions, trainOnImages } from './train.ts';
export { type TuneVisionOptions, type TuneVisionResult, tuneVision } from './tune.ts';
