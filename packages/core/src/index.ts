/** What `@attune/core` offers anywhere, browsers included. What touches files is in `@attune/core/node`. */

// What features say about a transfer
export { type ADistanceOptions, aDistance } from './advise/a-distance.ts';
export { bestEarlierLayer, bestLayer, type DepthPoint, depthCurve, depthTaps } from './advise/depth.ts';
export { FeatureMoments } from './advise/feature-moments.ts';
export { diagonalFrechetDistance, frechetDistance } from './advise/frechet.ts';
export { HScoreAccumulator, hScore, shrunkHScore } from './advise/h-score.ts';
export { type LabelledFeatures, rowsAt } from './advise/labelled-features.ts';
export { LeepAccumulator, leep } from './advise/leep.ts';
export { logMe } from './advise/log-me.ts';
export {
  LogisticRegression,
  type LogisticRegressionOptions,
  logisticRegression,
} from './advise/logistic-regression.ts';
export { NceAccumulator, nce } from './advise/nce.ts';
export { type NearestNeighbourOptions, nearestNeighbourAccuracy } from './advise/nearest-neighbours.ts';
export { type ProbeOptions, type ProbeResult, probeAccuracy } from './advise/probe.ts';
export { MOST_PER_CLASS, mostFrequentShare, sampleByClass } from './advise/sample-by-class.ts';
export { stratifiedFolds } from './advise/stratified-folds.ts';
export { type TransRateOptions, transRate } from './advise/trans-rate.ts';
// The tensor API, and what it runs on
export {
  BACKEND_NAMES,
  type BackendChoice,
  type BackendOptions,
  type ConsideredBackend,
  selectBackend,
} from './backend.ts';
// Data sets of any kind
export { SPLIT_NAMES, type SplitName, splitNamed } from './dataset/split-name.ts';
export {
  DEFAULT_SHARES,
  type SplitShares,
  type SplittableExample,
  stratifiedGroupSplit,
} from './dataset/stratified-group-split.ts';
export { counted, equalItems, listNames, printable } from './dataset/wording.ts';
// Options without those that are undefined
export { defined } from './defined.ts';
// Errors that a user can put right
export { isUserError, nearestNames, suggestNames, UserError } from './errors.ts';
// Layers whose gradients are worth writing out
export { gelu, geluTanh } from './layers/gelu.ts';
export { type LstmStatesOptions, lstmStates } from './layers/lstm-states.ts';
export { type NormalizeBatchOptions, normalizeBatch } from './layers/normalize-batch.ts';
export { normalizeLayer } from './layers/normalize-layer.ts';
export { normalizeRms } from './layers/normalize-rms.ts';
export { reflectPad } from './layers/reflect-pad.ts';
// Linear algebra
export { type Spectrum, symmetricSpectrum } from './linear-algebra/spectrum.ts';
// Losses, optimisers, schedules
export {
  type BinaryCrossEntropy,
  binaryCrossEntropies,
  type CrossEntropy,
  crossEntropies,
  outputDivergences,
  softmaxCrossEntropy,
  tokenCrossEntropies,
  weightedMean,
} from './losses.ts';
// Metrics
export { accuracy, confusionMatrix, macroF1, perClassAccuracy, perClassPrecision } from './metrics/classification.ts';
export { averagePrecision, type MultiLabelMetrics, multiLabelMetrics } from './metrics/multi-label.ts';
export { kendallTau, spearman, weightedKendallTau } from './metrics/rank-correlation.ts';
export { median, type Summary, summarize } from './metrics/summary.ts';
// The protocol of pre-trained networks
export {
  type ApplyOptions,
  type ImageNetwork,
  type InsertedLayer,
  imageInput,
  type LayerGroup,
  type Network,
  type NetworkInput,
  type NetworkOutputs,
  type Parameter,
  type ParameterRole,
  type Preprocessing,
  type RunOptions,
} from './network.ts';
export { type AdamWSettings, adamw } from './optim/adamw.ts';
export { clipByGlobalNorm } from './optim/clip.ts';
export {
  disposeState,
  type Gradients,
  type MovingParameter,
  type Optimizer,
  type OptimizerState,
  type OptimizerUpdate,
  valueAndGradients,
} from './optim/optimizer.ts';
export { constant, cosine, oneCycle, type Schedule, slantedTriangular, warmUp } from './optim/schedule.ts';
export { type SgdSettings, sgd } from './optim/sgd.ts';
export { exchangeAverages, WeightAverages } from './optim/weight-averages.ts';
export { measurePeak } from './peak.ts';
// One seed fixes everything
export { Random, type RandomState } from './random.ts';
export { type CompiledStep, compileStep, type StepOptions, type StepOutputs, seedDraws } from './step.ts';
export { tf } from './tensorflow.ts';
// Training
export type { Checkpoint, RunningSums, RunSettings, TrainingState } from './train/checkpoint.ts';
export { balancedOrder, type ClassWeights, resolveClassWeights } from './train/class-balance.ts';
export {
  type Batch,
  type EpochRequest,
  type ExampleSource,
  type ExamplesInMemory,
  examplesInMemory,
  type InputValues,
} from './train/data.ts';
export { type EvaluateOptions, type Evaluation, evaluate } from './train/evaluate.ts';
export {
  type FindLearningRateOptions,
  findLearningRate,
  type LearningRateSweep,
} from './train/find-learning-rate.ts';
export { type FineTuneOptions, type FineTuneResult, fineTune } from './train/fine-tune.ts';
export { fit } from './train/fit.ts';
export type { FitOptions, Monitor } from './train/fit-options.ts';
export type { LearningRatePoint, LearningRateSuggestions } from './train/learning-rate-curve.ts';
export type { LossName } from './train/objective.ts';
export { type Progress, type StepProgress, silentProgress } from './train/progress.ts';
export type { EpochRecord, FitResult, RunRecorder } from './train/records.ts';
export type { Forward } from './train/steps.ts';
export { batchesInEpoch } from './train/two-tasks.ts';
// What is carried, what moves and when, what holds, what is added
export { ADAPTERS_GROUP, type AdapterSettings, addAdapters } from './transfer/added/adapters.ts';
export { LORA_GROUP, Lora, type LoraSettings, loraTargets } from './transfer/added/lora.ts';
export {
  defaultStitches,
  MODULE_GROUP,
  ModularNetwork,
  type ModuleBuilder,
  type ModuleSettings,
  type ModuleStage,
} from './transfer/added/modular.ts';
export { parameterValue } from './transfer/added/parameter-value.ts';
export { tapShapes } from './transfer/added/tap-shapes.ts';
export { assignValues, type CarryReport, carriedParameters, carryOver, type SourceTensors } from './transfer/carry.ts';
export {
  freeze,
  type GroupSummary,
  groupParameters,
  headGroup,
  type ParameterSummary,
  printSummary,
  requireNoGroup,
  summarizeParameters,
  thaw,
  thawOnly,
  trainableParameters,
} from './transfer/groups.ts';
export { type HeldBatch, type HeldTask, needsSource, type Penalty, prepareHeld } from './transfer/held.ts';
export { attentionWeights, channelAttention } from './transfer/held-attention.ts';
export { type GreedySoup, greedySoup, interpolateWeights, uniformSoup } from './transfer/held-average.ts';
export { defaultTaps } from './transfer/held-features.ts';
export { SOURCE_HEAD_GROUP, sourceHead } from './transfer/held-task.ts';
export { type GroupMovement, movedGroups, movementAt, movingParameters, thawParameters } from './transfer/movement.ts';
export { NAMED_PLANS, namedPlan, PLAN_NAMES, ULMFIT_RATE_DECAY } from './transfer/named-plans.ts';
export { assignNetworkValues, type NetworkValues, networkValues, parameterValues } from './transfer/network-values.ts';
export {
  type Added,
  type Carried,
  type CarriedNames,
  describePlan,
  type Held,
  type Moved,
  type MovedGroups,
  parseAdded,
  parsePlan,
  type Thaw,
  type TransferPlan,
} from './transfer/plan.ts';

// The version
export { VERSION } from './version.ts';

// Weights
export type { SafetensorsDtype, TensorValues } from './weights/dtypes.ts';
export {
  readSafetensors,
  type SafetensorsFile,
  type SafetensorsTensor,
  type TensorToWrite,
  writeSafetensors,
} from './weights/safetensors.ts';
