/** Sequence workloads: an LSTM over notes and a transformer encoder. */
import { tf } from '@attune/core';
import { crossEntropy, products, trainingStep, Weights, type Workload } from './workload.ts';

const NOTES = 38;
const EMBEDDING = 64;
const HIDDEN = 256;
const STEPS = 32;
const BATCH = 64;

export const lstmTrain: Workload = {
  name: 'lstm_train',
  description:
    'note RNN: embedding 38x64, LSTM 256, batch 64, 32 steps, next-note cross entropy: training step with Adam',
  flops: 3 * BATCH * STEPS * (products(1, EMBEDDING + HIDDEN, 4 * HIDDEN) + products(1, HIDDEN, NOTES)),
  build() {
    const w = new Weights();
    const embedding = w.weight([NOTES, EMBEDDING], EMBEDDING);
    const fromInput = w.weight([EMBEDDING, 4 * HIDDEN], 2 * HIDDEN);
    const fromHidden = w.weight([HIDDEN, 4 * HIDDEN], 2 * HIDDEN);
    const gateBias = w.constant([4 * HIDDEN], 0);
    const [out, outBias] = [w.weight([HIDDEN, NOTES], HIDDEN), w.constant([NOTES], 0)];
    const data = [w.integers([BATCH, STEPS], NOTES), w.integers([BATCH, STEPS], NOTES)];
    return trainingStep(w, data, (notes, next) => {
      // Time first, so that each step's rows lie together; the input's share of all gates is one product.
      const inTime = tf.reshape(tf.transpose(notes!), [STEPS * BATCH]);
      const embedded = tf.gather(embedding, inTime as tf.Tensor1D) as tf.Tensor2D;
      const input = tf.split(tf.add(tf.matMul(embedded, fromInput as tf.Tensor2D), gateBias), STEPS);
      let hidden: tf.Tensor = tf.zeros([BATCH, HIDDEN]);
      let cell: tf.Tensor = tf.zeros([BATCH, HIDDEN]);
      const outputs = input.map((share) => {
        const gates = tf.add(share, tf.matMul(hidden as tf.Tensor2D, fromHidden as tf.Tensor2D));
        const [i, f, g, o] = tf.split(gates, 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        cell = tf.add(tf.mul(tf.sigmoid(f), cell), tf.mul(tf.sigmoid(i), tf.tanh(g)));
        hidden = tf.mul(tf.sigmoid(o), tf.tanh(cell));
        return hidden;
      });
      const logits = tf.add(tf.matMul(tf.concat(outputs, 0) as tf.Tensor2D, out as tf.Tensor2D), outBias);
      return crossEntropy(logits, tf.reshape(tf.transpose(next!), [STEPS * BATCH]));
    });
  },
};

const LAYERS = 4;
const WIDTH = 384;
const HEADS = 12;
const INNER = 1536;
const SENTENCES = 16;
const TOKENS = 64;
const VOCABULARY = 30522;

export const encoderTrain: Workload = {
  name: 'encoder_train',
  description:
    'transformer encoder, 4 layers of 384, 12 heads, GELU, batch 16 of 64 tokens, 2 classes: training step with Adam',
  flops:
    3 *
    LAYERS *
    (SENTENCES * TOKENS * (4 * products(1, WIDTH, WIDTH) + 2 * products(1, WIDTH, INNER)) +
      2 * SENTENCES * products(TOKENS, WIDTH, TOKENS)),
  build() {
    const w = new Weights();
    const dense = (from: number, to: number) => {
      const [weight, bias] = [w.weight([from, to], from), w.constant([to], 0)];
      return (x: tf.Tensor) => tf.add(tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D), bias);
    };
    const layers = Array.from({ length: LAYERS }, () => ({
      qkv: dense(WIDTH, 3 * WIDTH),
      attended: dense(WIDTH, WIDTH),
      norm1: layerNorm(w),
      up: dense(WIDTH, INNER),
      down: dense(INNER, WIDTH),
      norm2: layerNorm(w),
    }));
    const head = dense(WIDTH, 2);
    const table = tf.variable(w.draw([VOCABULARY, WIDTH]), false);
    const data = [w.integers([SENTENCES * TOKENS], VOCABULARY), w.integers([SENTENCES], 2)];
    const step = trainingStep(w, data, (tokens, labels) => {
      let x: tf.Tensor = tf.gather(table, tokens as tf.Tensor1D);
      for (const layer of layers) {
        x = layer.norm1(tf.add(x, layer.attended(attention(layer.qkv(x)))));
        x = layer.norm2(tf.add(x, layer.down(gelu(layer.up(x)))));
      }
      return crossEntropy(head(tf.mean(tf.reshape(x, [SENTENCES, TOKENS, WIDTH]), 1)), labels!);
    });
    return {
      run: step.run,
      dispose() {
        step.dispose();
        table.dispose();
      },
    };
  },
};

/** Scaled dot-product attention of [N * T, 3 * WIDTH] queries, keys and values. */
function attention(qkv: tf.Tensor): tf.Tensor {
  const perHead = WIDTH / HEADS;
  const [q, k, v] = tf
    .split(qkv, 3, 1)
    .map((part) => tf.transpose(tf.reshape(part, [SENTENCES, TOKENS, HEADS, perHead]), [0, 2, 1, 3])) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const weights = tf.softmax(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(perHead)));
  return tf.reshape(tf.transpose(tf.matMul(weights, v), [0, 2, 1, 3]), [SENTENCES * TOKENS, WIDTH]);
}

function layerNorm(w: Weights) {
  const [scale, shift] = [w.constant([WIDTH], 1), w.constant([WIDTH], 0)];
  return (x: tf.Tensor): tf.Tensor => {
    const { mean, variance } = tf.moments(x, -1, true);
    return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), scale), shift);
  };
}

/** The exact form, by the error function. */
function gelu(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
}
