/**
 * The package's entry for browsers, which bundlers take through the export condition `browser`: what of index.ts
 * needs no files.
 */

// What the words of two data sets advise
export { type ScenarioEvidence, type TextScenario, textScenario } from './advise/scenario.ts';
export { tapFeatures } from './advise/tap-features.ts';
export { jensenShannon, TextCounts, type TextDistance, textDistance, unknownWords } from './advise/text-distance.ts';
// Figures of classifiers
export {
  evaluateProbabilities,
  surestMistakes,
  type TextEvaluation,
  type TextMetrics,
  type TextPrediction,
} from './classification/metrics.ts';
export { namedTextPlan, TEXT_PLAN_NAMES, type TextMethod } from './classification/plans.ts';
// Features and outputs of frozen networks, and heads that are fitted on them
export { type ComputeFeaturesOptions, computeFeatures, computeProbabilities } from './compute-features.ts';
// Data sets
export { type ChosenColumns, type Column, type ColumnOptions, chooseColumns } from './dataset/columns.ts';
export { parseDelimited } from './dataset/delimited-text.ts';
export type { DelimitedKind } from './dataset/dialect.ts';
export { type DividedTexts, type DivideOptions, divideTable } from './dataset/divide.ts';
export type { TextExample } from './dataset/example.ts';
export { TABLE_FORMATS, type Table, type TableFormat, type TableOptions, type TableRow } from './dataset/table.ts';
export type { LabelledText, SkippedText, TableTextsOptions } from './dataset/table-texts.ts';
export { textKey } from './dataset/text-key.ts';
// Word vectors
export type { WordVectors } from './embeddings/collect.ts';
export {
  type ParseWordVectorsOptions,
  parseWordVectors,
  VECTOR_FORMATS,
  type VectorFormat,
} from './embeddings/parse-word-vectors.ts';
export { type EncoderConfig, encoderConfigJson, mostTokens, parseEncoderConfig } from './encoders/config.ts';
// Transformer encoders
export { contrastivePairs, type ExamplePair } from './encoders/contrastive-pairs.ts';
export { encoderCheckpoint } from './encoders/encoder-checkpoint.ts';
export {
  type EncoderOutput,
  type ExportEncoderOptions,
  encoderFiles,
  encoderOnnx,
} from './encoders/encoder-files.ts';
export { EncoderNetwork, type EncoderOptions, type Pooling } from './encoders/encoder-network.ts';
export { type FirstValues, freshValues } from './encoders/encoder-parameters.ts';
export { extendEncoder, LORA_TARGETS } from './encoders/extend-encoder.ts';
export {
  type EncoderFiles,
  type LoadEncoderOptions,
  type LoadedEncoder,
  readEncoder,
} from './encoders/read-encoder.ts';
export { type SetFitOptions, type SetFitResult, setFit } from './encoders/setfit.ts';
export { type SubwordOptions, type SubwordText, SubwordTokenizer } from './encoders/subword-tokenizer.ts';
// Language models
export { BpeTokenizer } from './language-model/bpe-tokenizer.ts';
export { decoderCheckpoint, openTensors } from './language-model/checkpoint-names.ts';
export {
  checkDecoderConfig,
  type DecoderConfig,
  type DecoderFamily,
  decoderConfigJson,
  NO_DROPOUT,
  parseDecoderConfig,
} from './language-model/config.ts';
export { DecoderNetwork, type DecoderNetworkOptions } from './language-model/decoder-network.ts';
export { extendDecoder, languageModelPlan } from './language-model/extend-decoder.ts';
export {
  type GeneratedText,
  type GenerateOptions,
  type GenerationEnd,
  generateText,
  generateTokens,
  TokenByToken,
} from './language-model/generate.ts';
export { KeyValueCache } from './language-model/key-value-cache.ts';
export { copyDecoder, type LanguageModel } from './language-model/language-model.ts';
export { readLlama2c, writeLlama2c } from './language-model/llama2c-file.ts';
export { Llama2cTokenizer } from './language-model/llama2c-tokenizer.ts';
export { type Perplexity, type PerplexityOptions, perplexity } from './language-model/perplexity.ts';
export { checkSampling, type SamplingOptions, sampleToken } from './language-model/sample.ts';
export { type SequenceLayout, type TokenSourceOptions, tokenSource } from './language-model/token-source.ts';
export type { LanguageTokenizer } from './language-model/tokenizer.ts';
export {
  type TuneLanguageModelOptions,
  type TuneLanguageModelResult,
  tuneLanguageModel,
} from './language-model/tune.ts';
export {
  type FitHeadOptions,
  fitHead,
  HEAD_DECAYS,
  headProbabilities,
  type LinearHead,
  writeHead,
} from './linear-head.ts';
// Word-level networks
export { type BiLstmOptions, biLstm } from './models/bi-lstm.ts';
export { carryWords } from './models/carry-words.ts';
export { type CnnPairOptions, cnnPair } from './models/cnn-pair.ts';
export { createTextNetwork } from './models/create.ts';
export { extendTextNetwork } from './models/extend.ts';
export { type LstmClassifierOptions, lstmClassifier } from './models/lstm-classifier.ts';
export { type TextCnnOptions, textCnn } from './models/text-cnn.ts';
export {
  type Matching,
  TEXT_ARCHITECTURES,
  type TextArchitecture,
  TextNetwork,
  type TextNetworkOptions,
  type TextNetworkSpec,
} from './models/text-network.ts';
export {
  type LoadedTextNetwork,
  readTextNetwork,
  type SaveTextNetworkOptions,
  writeTextNetwork,
} from './models/text-network-bytes.ts';
export { type ExportTextNetworkOptions, textNetworkFiles } from './models/text-network-files.ts';
export { TEXT_NETWORK_INPUTS, type TextNetworkOnnxOptions, textNetworkOnnx } from './models/text-network-onnx.ts';
// Texts as numbers, and batches of them
export { type BucketOptions, bucketLengths, bucketOf } from './text/bucket-lengths.ts';
export {
  DEFAULT_MAX_LENGTH,
  type EncodedTexts,
  type EncodeOptions,
  encodeExamples,
  encodePair,
  encodeText,
} from './text/encode.ts';
export { exampleWords } from './text/example-words.ts';
export {
  byLength,
  type PaddingReport,
  paddedBatch,
  type TextSource,
  type TextSourceOptions,
  textSource,
} from './text/source.ts';
export { PAD, SPECIAL_WORDS, UNKNOWN } from './text/special-words.ts';
export { LONGEST_WORD, type TokeniseOptions, tokenise } from './text/tokenise.ts';
export {
  DEFAULT_VOCABULARY_SIZE,
  Vocabulary,
  type VocabularyOptions,
  type VocabularyRecord,
} from './text/vocabulary.ts';
// INIT and MULT
export { type Init, type InitPlan, initPlan, type MultPlan, multPlan } from './transfer-plans.ts';
// Files that transformers.js runs
export type { FolderFiles } from './transformers-files.ts';
