/**
 * Pre-trains the tiny encoder on the generated sources, `reviews` and `scenes`: missing words are guessed, as BERT's were
 * (Devlin et al. 2019, section 3.1), and from the first vector, through the pooler, the classes of both tasks. Writes its folder: configuration, tokenizer, weights with Hugging Face's
 * names, the ONNX model for feature extraction, and what it reaches on unseen sentences. One fixed seed, about a minute:
 *
 *   npx tsx --conditions=@attune/source test-fixtures/scripts/pretrain-bert.ts
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  adamw,
  compileStep,
  type MovingParameter,
  oneCycle,
  Random,
  seedDraws,
  selectBackend,
  softmaxCrossEntropy,
  tf,
  valueAndGradients,
  writeSafetensors,
} from '@attune/core';
import {
  EncoderNetwork,
  encoderCheckpoint,
  encoderOnnx,
  freshValues,
  parseEncoderConfig,
  SubwordTokenizer,
} from '@attune/nlp';
import { TEXT_TASKS } from '../src/text-tasks.ts';
import { TINY_BERT_CONFIG, TINY_BERT_DIRECTORY } from '../src/tiny-bert/config.ts';
import { tokenizerFiles, wordPieces } from '../src/tiny-bert/word-pieces.ts';

const SEED = 1;
const SETTINGS = { steps: 2000, batchSize: 64, tokens: 40, learningRate: 4e-3, weightDecay: 0.01, masked: 0.15 };
const { batchSize, tokens, steps } = SETTINGS;

const pieces = wordPieces();
const json = { ...TINY_BERT_CONFIG, vocab_size: pieces.length };
const files = tokenizerFiles(json.max_position_embeddings);
const tokenizer = new SubwordTokenizer(
  JSON.parse(files['tokenizer.json']!),
  JSON.parse(files['tokenizer_config.json']!),
  'the tokenizer',
);
const SOURCES = [TEXT_TASKS.reviews, TEXT_TASKS.scenes] as const;
const CLASSES = SOURCES[0].classes.length + SOURCES[1].classes.length;
const [MASK, FIRST_WORD] = [pieces.indexOf('[MASK]'), pieces.indexOf('[MASK]') + 1];

await selectBackend({ prefer: 'onnx' });
const network = new EncoderNetwork({
  name: 'tiny_bert',
  config: parseEncoderConfig(json, 'the configuration'),
  pooling: 'pooler',
  classes: CLASSES,
  values: freshValues(SEED),
});
const bias = tf.tidy(() => tf.variable(tf.zeros([pieces.length])));
const parameters: MovingParameter[] = [
  ...network.parameters.values(),
  { name: 'words.bias', role: 'bias' as const, variable: bias },
].map((parameter) => ({ ...parameter, group: 'all', rate: 1 }));

/** Reviews and scenes in turn; of their pieces some are hidden, most behind [MASK]. */
function drawBatch(random: Random) {
  const inputs = new Int32Array(batchSize * 3 * tokens);
  const words = new Int32Array(batchSize * tokens);
  const hidden = new Float32Array(batchSize * tokens);
  const labels = new Int32Array(batchSize);
  for (let i = 0; i < batchSize; i++) {
    const task = SOURCES[i % 2]!;
    const label = random.integer(task.classes.length);
    const { text, pair } = task.compose(label, random);
    labels[i] = i % 2 === 0 ? label : SOURCES[0].classes.length + label;
    // Reviews of any length: in a short one there is less to weigh.
    const maxTokens = pair === undefined ? 10 + random.integer(tokens - 9) : tokens;
    const { ids, types } = tokenizer.encode(text, pair, { maxTokens });
    for (const [t, id] of ids.entries()) {
      const at = i * 3 * tokens + t;
      inputs[at] = id;
      inputs[at + tokens] = 1;
      inputs[at + 2 * tokens] = types[t]!;
      words[i * tokens + t] = id;
      if (id < FIRST_WORD || random.uniform() >= SETTINGS.masked) continue;
      hidden[i * tokens + t] = 1;
      const kind = random.uniform();
      if (kind < 0.8) inputs[at] = MASK;
      else if (kind < 0.9) inputs[at] = FIRST_WORD + random.integer(pieces.length - FIRST_WORD);
    }
  }
  return [
    tf.tensor3d(inputs, [batchSize, 3, tokens], 'int32'),
    tf.tensor1d(words, 'int32'),
    tf.tensor1d(hidden),
    tf.tensor1d(labels, 'int32'),
  ] as const;
}

const last = network.taps.at(-1)!;
function guess(inputs: tf.Tensor, training: boolean) {
  const { taps, logits } = network.run(inputs, { taps: [last], training });
  const rows = tf.reshape(taps[last]!, [batchSize * tokens, network.featureSize]) as tf.Tensor2D;
  const table = network.parameters.get('embeddings.word.weight')!.variable as tf.Variable<tf.Rank.R2>;
  return { words: tf.add(tf.matMul(rows, table, false, true), bias) as tf.Tensor2D, classes: logits };
}
const oneHot = (labels: tf.Tensor, depth: number) => tf.oneHot(labels as tf.Tensor1D, depth, 1, 0, 'float32');

const optimizer = adamw({ weightDecay: SETTINGS.weightDecay });
const state = optimizer.init(parameters);
type Inputs = [tf.Tensor, tf.Tensor, tf.Tensor1D, tf.Tensor, tf.Scalar];
const step = compileStep((...[inputs, words, hidden, labels, learningRate]: Inputs) => {
  const { value, gradients } = valueAndGradients(parameters, () => {
    const guessed = guess(inputs, true);
    const loss = softmaxCrossEntropy({
      logits: guessed.words,
      targets: oneHot(words, pieces.length) as tf.Tensor2D,
      weights: hidden,
    });
    const sorted = softmaxCrossEntropy({ logits: guessed.classes, targets: oneHot(labels, CLASSES) as tf.Tensor2D });
    return tf.add(loss, sorted);
  });
  optimizer.update({ parameters, gradients, state, learningRate });
  return value;
});

seedDraws(Random.fromSeed(SEED).fork('dropout'));
const random = Random.fromSeed(SEED).fork('train');
const rate = oneCycle();
const started = performance.now();
for (let i = 0; i < steps; i++) {
  const batch = drawBatch(random);
  const learningRate = tf.scalar(SETTINGS.learningRate * rate(i / steps));
  const loss = await step.run(...batch, learningRate);
  if (i % 100 === 0) console.log(`step ${i}: loss ${(await loss.data())[0]!.toFixed(3)}`);
  tf.dispose([loss, learningRate, ...batch]);
}

const test = Random.fromSeed(SEED).fork('test');
const right = { words: 0, hidden: 0, reviews: 0, scenes: 0, texts: 0 };
for (let i = 0; i < 16; i++) {
  const [inputs, words, hidden, labels] = drawBatch(test);
  const guessed = guess(inputs, false);
  const [asked, wanted, mask] = [tf.argMax(guessed.words, 1), words, hidden].map((t) => t.dataSync());
  mask!.forEach((counts, at) => {
    right.hidden += counts;
    right.words += counts * Number(asked![at] === wanted![at]);
  });
  const asserted = tf.argMax(guessed.classes, 1).dataSync();
  right.texts += asserted.length;
  labels.dataSync().forEach((label, at) => {
    right[label < SOURCES[0].classes.length ? 'reviews' : 'scenes'] += Number(asserted[at] === label);
  });
}

await mkdir(join(TINY_BERT_DIRECTORY, 'onnx'), { recursive: true });
const write = (name: string, content: string | Uint8Array) => writeFile(join(TINY_BERT_DIRECTORY, name), content);
for (const [name, content] of Object.entries(files)) await write(name, content);
await write('config.json', `${JSON.stringify(json, null, 2)}\n`);
// A plain encoder's names; the head was of the second task alone.
const tensors = (await encoderCheckpoint(network))
  .filter(([name]) => !name.startsWith('classifier.'))
  .map(([name, tensor]) => [name.replace(/^bert\./, ''), tensor] as const);
await write('model.safetensors', writeSafetensors(tensors, { format: 'pt' }));
await write('onnx/model.onnx', await encoderOnnx(network, 'last_hidden_state'));
const record = {
  seed: SEED,
  ...SETTINGS,
  'test/word_accuracy': right.words / right.hidden,
  'test/reviews_accuracy': (2 * right.reviews) / right.texts,
  'test/scenes_accuracy': (2 * right.scenes) / right.texts,
  'charts/seconds': Math.round((performance.now() - started) / 1000),
};
await write('pretraining.json', `${JSON.stringify(record, null, 2)}\n`);
console.log(record);
