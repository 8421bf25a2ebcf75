/** Transfer of text networks to labelled sentences and pairs of sentences: what runs in browsers, and what touches files. */

// What the data advises
export { type AdviseTextsOptions, adviseTexts, type TextAdvice } from './advise/advise-texts.ts';
export { type AdvisedPlan, advisedPlans } from './advise/recommend-texts.ts';
// Classifiers of texts, from data to the folder of a run
export { type EvaluateTextRunOptions, evaluateTextRun, type TextRunEvaluation } from './classification/evaluate.ts';
export { type FrozenHead, loadFrozenHead } from './classification/frozen-head.ts';
export { type LoadRunModelOptions, loadRunModel, type TextModel } from './classification/model.ts';
export {
  closeTextSource,
  defaultPlanName,
  type OpenedSource,
  openTextSource,
} from './classification/open-source.ts';
export {
  type ClassifiedText,
  type PredictTextsOptions,
  predictTexts,
  type TextsToClassify,
} from './classification/predict.ts';
export {
  readFinishedTextRecord,
  readTextRecord,
  TEXT_RUN_FILES,
  type TextModelKind,
  type TextReading,
  type TextRecord,
  type TextRunResult,
  type TextSettings,
  type WordSettings,
} from './classification/record.ts';
export { type GivenTextSettings, textSettings } from './classification/settings.ts';
export { locateTextSource, type TextSourcePlace } from './classification/source.ts';
export {
  type TextPreparation,
  type TuneStart,
  type TuneTextsOptions,
  type TuneTextsResult,
  tuneTexts,
} from './classification/tune.ts';
// Data sets
export { type OpenTextsOptions, openTexts, type TextDataset } from './dataset/open.ts';
export { openTable } from './dataset/open-table.ts';
export { type ReadTextsOptions, readTexts, type TextPath } from './dataset/read-texts.ts';
export { type ReadWordVectorsOptions, readWordVectors } from './embeddings/read-word-vectors.ts';
export {
  loadEncoder,
  loadTokenizer,
  readEncoderConfig,
  type SaveEncoderOptions,
  saveEncoder,
} from './encoders/checkpoint.ts';
export { type EmbedExamplesOptions, embedExamples } from './encoders/embed-examples.ts';
export { exportEncoder } from './encoders/export-encoder.ts';
export {
  type DownloadProgress,
  openSentenceEncoder,
  type Precision,
  SentenceEncoder,
  type SentenceEncoderOptions,
} from './encoders/sentence-encoder.ts';
export * from './index.browser.ts';
export { type OpenLanguageModelOptions, openLanguageModel, saveLanguageModel } from './language-model/checkpoint.ts';
export { exportTextNetwork } from './models/export-text-network.ts';
export { loadTextNetwork, saveTextNetwork } from './models/files.ts';
