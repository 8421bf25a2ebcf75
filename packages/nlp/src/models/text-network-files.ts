/**
 * A word-level network as the files that plain transformers.js runs: `pipeline('text-classification', folder)`. The model is ONNX
 * with the batch and the length open; the tokenizer cuts texts as `encodeText` does.
 */
import { DEFAULT_MAX_LENGTH } from '../text/encode.ts';
import { wordTokenizerFiles } from '../text/tokenizer-json.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { type FolderFiles, jsonFile, labelFields, MODEL_FILE } from '../transformers-files.ts';
import type { TextNetwork } from './text-network.ts';
import { textNetworkOnnx } from './text-network-onnx.ts';

export interface ExportTextNetworkOptions {
  /** Of the words that the network's table has rows for. */
  readonly vocabulary: Vocabulary;
  /** Names of the classes, in the order of the outputs. */
  readonly labels: readonly string[];
  /** Words that are kept of each text, as in `encodeText`. Default 256. */
  readonly maxLength?: number | undefined;
  /** Whether words are made lower-case, as in `tokenise`. Default true. */
  readonly lowerCase?: boolean | undefined;
}

/**
 * `config.json`, `tokenizer.json`, `tokenizer_config.json` and `onnx/model.onnx`.
 *
 * A pair is `tokenizer(texts, { text_pair, padding: true })` for `AutoModelForSequenceClassification`; the pipeline has no second
 * text, and takes one text in which `<sep>` stands between the two.
 * @throws UserError when the backend is not `onnx`.
 * @throws Error when vocabulary or labels are not as many as the network has, or `maxLength` is no whole number above 0.
 */
export async function textNetworkFiles(network: TextNetwork, options: ExportTextNetworkOptions): Promise<FolderFiles> {
  const { spec } = network;
  const { vocabulary, labels, maxLength = DEFAULT_MAX_LENGTH, lowerCase } = options;
  if (vocabulary.size !== spec.vocabularySize)
    throw new Error(`a vocabulary of ${vocabulary.size} words, and the network has vectors of ${spec.vocabularySize}`);
  if (labels.length !== spec.classes)
    throw new Error(`${labels.length} names of classes, and the network has ${spec.classes}`);
  if (!(Number.isInteger(maxLength) && maxLength > 0)) throw new RangeError(`maxLength ${maxLength} is below 1`);
  const model = await textNetworkOnnx(network, { maxLength });
  const pairs = spec.architecture === 'cnn-pair';
  const { tokenizer, config } = wordTokenizerFiles(vocabulary, { lowerCase, pairs, maxLength });
  const json = {
    // transformers.js has no class for such networks, and one that feeds these two inputs by this name.
    architectures: ['DistilBertForSequenceClassification'],
    model_type: 'distilbert',
    vocab_size: vocabulary.size,
    ...labelFields(labels),
    attune: { network: spec, maxLength },
  };
  return new Map([
    ['tokenizer.json', jsonFile(tokenizer)],
    ['tokenizer_config.json', jsonFile(config)],
    ['config.json', jsonFile(json)],
    [MODEL_FILE, model],
  ]);
}
