/**
 * What encoders cost: tokenising, embedding by transformers.js and how much of that is ONNX Runtime, and a training step of
 * the size that `attune bench` has as `encoder_train`, as a network of this package. About a minute on two cores:
 *
 *   npx tsx --conditions=@attune/source packages/nlp/bench/encoders.ts
 *
 * Record: packages/nlp/bench/records/encoders.json.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  adamw,
  compileStep,
  type MovingParameter,
  selectBackend,
  softmaxCrossEntropy,
  tf,
  valueAndGradients,
} from '@attune/core';
import {
  EncoderNetwork,
  encoderConfigJson,
  encoderOnnx,
  freshValues,
  loadTokenizer,
  openSentenceEncoder,
  parseEncoderConfig,
} from '../src/index.ts';
import { opinions } from '../test/tiny-bert.ts';
import { machine, saveBenchRecord } from './bench-record.ts';

const TINY_BERT = fileURLToPath(new URL('../../../test-fixtures/data/nlp/tiny_bert', import.meta.url));
/** As `encoder_train`, and as small sentence encoders are. */
const CONFIG = {
  model_type: 'bert',
  vocab_size: 30522,
  hidden_size: 384,
  num_hidden_layers: 4,
  num_attention_heads: 12,
  intermediate_size: 1536,
  hidden_act: 'gelu',
  max_position_embeddings: 512,
  hidden_dropout_prob: 0,
  attention_probs_dropout_prob: 0,
};
const SENTENCES = 10_000;

const STEP = { batch: 16, tokens: 64, timed: 15, warmUp: 3 };

const on = machine();
await selectBackend({ prefer: 'onnx' });
const tokenizer = await loadTokenizer(TINY_BERT);
const config = parseEncoderConfig(CONFIG, 'the configuration');
const network = new EncoderNetwork({ name: 'bench', config, pooling: 'mean', classes: 2, values: freshValues(1) });
const examples = opinions(SENTENCES, 1);
await saveBenchRecord('encoders', {
  machine: on,
  layers: CONFIG.num_hidden_layers,
  width: CONFIG.hidden_size,
  sentences: SENTENCES,
  tokenising: tokenising(),
  embedding: await embedding(),
  trainingStep: { ...STEP, medianSeconds: await trainingStep() },
});

function tokenising() {
  const started = performance.now();
  const { texts } = tokenizer.encodeExamples(examples, { maxTokens: 128 });
  return {
    tokens: texts.reduce((sum, text) => sum + text.length / 3, 0),
    seconds: rounded(secondsSince(started)),
  };
}

/** Through transformers.js, from a folder as it is on the hub. */
async function embedding() {
  const folder = await mkdtemp(join(tmpdir(), 'attune-'));
  try {
    await mkdir(join(folder, 'onnx'));
    await writeFile(join(folder, 'onnx', 'model.onnx'), await encoderOnnx(network, 'last_hidden_state'));
    await writeFile(join(folder, 'config.json'), JSON.stringify(encoderConfigJson(config)));
    await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer.json));
    await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(tokenizer.config));
    const encoder = await openSentenceEncoder(folder);
    await encoder.encode(examples.map(({ text }) => text));
    const { total, runtime } = encoder.seconds;
    await encoder.dispose();
    return { seconds: rounded(total), shareInOnnxRuntime: rounded(runtime / total) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The embeddings are frozen, as in the workload. */
async function trainingStep(): Promise<number> {
  const parameters: MovingParameter[] = [...network.parameters.values()]
    .filter(({ name }) => !name.startsWith('embeddings.'))
    .map((parameter) => ({ ...parameter, group: 'all', rate: 1 }));
  for (const { name, variable } of network.parameters.values()) variable.trainable = !name.startsWith('embeddings.');
  const optimizer = adamw({ weightDecay: 0 });
  const state = optimizer.init(parameters);
  const step = compileStep((inputs: tf.Tensor, targets: tf.Tensor2D, learningRate: tf.Scalar) => {
    const loss = () => softmaxCrossEntropy({ logits: network.apply(inputs, { training: true }), targets });
    const { value, gradients } = valueAndGradients(parameters, loss);
    optimizer.update({ parameters, gradients, state, learningRate });
    return value;
  });
  const { batch, tokens, timed, warmUp } = STEP;
  const shape = [batch, 1, tokens];
  const inputs = tf.concat([tf.fill(shape, 100, 'int32'), tf.ones(shape, 'int32'), tf.zeros(shape, 'int32')], 1);
  const targets = tf.oneHot(tf.zeros([batch], 'int32'), 2, 1, 0, 'float32') as tf.Tensor2D;
  const rate = tf.scalar(1e-4);
  const times: number[] = [];
  for (let i = 0; i < warmUp + timed; i++) {
    const started = performance.now();
    const loss = await step.run(inputs, targets, rate);
    await loss.data();
    if (i >= warmUp) times.push(secondsSince(started));
  }
  return rounded(times.sort((a, b) => a - b)[times.length >> 1]!);
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}

function rounded(value: number): number {
  return Math.round(1000 * value) / 1000;
}
