/** Transfer of text networks to labelled sentences and pairs of sentences: what runs in browsers, and what touches files. */

export { type OpenTextsOptions, openTexts, type TextDataset } from './dataset/open.ts';
export { openTable } from './dataset/open-table.ts';
export { type ReadTextsOptions, readTexts, type TextPath } from './dataset/read-texts.ts';
export { type ReadWordVectorsOptions, readWordVectors } from './embeddings/read-word-vectors.ts';
export {
  loadEncoder,
  loadTokenizer,
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
