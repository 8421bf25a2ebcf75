/**
 * A transformer decoder as a `Network`: Llama or GPT-2. A batch is [N, T] integers, the numbers of the tokens; features and
 * logits are of every token, [N T, ...], and those of a token follow from it and those before it. Layer groups are
 * `embeddings`, `layer.0` and so on, and `head`: the last normalisation, and its own matrix where it is not the table.
 */
import type { Parameter, ParameterRole } from '@attune/core';
import { geluTanh, normalizeLayer, normalizeRms, parameterValue, tf } from '@attune/core';
import { group, type Head, Initialiser, StagedNetwork, stage, type TrunkLayer } from '@attune/zoo';
import { drop } from '../encoders/attention.ts';
import type { DecoderConfig } from './config.ts';
import { causalMask, groupedAttention, maskAfter } from './grouped-attention.ts';
import type { KeyValueCache } from './key-value-cache.ts';
import { type Rotation, rotate, rotations } from './rotary.ts';

export interface DecoderNetworkOptions {
  readonly name: string;
  /** As `checkDecoderConfig` gives it. */
  readonly config: DecoderConfig;
  /** Fixes the weights. Undefined: all zero, for a network that is about to be filled. */
  readonly seed: number | undefined;
}

/** What the layers know of a pass besides its map: set while tokens go on one by one. */
interface Going {
  step: { readonly cache: KeyValueCache; readonly position: tf.Scalar } | undefined;
}

export class DecoderNetwork extends StagedNetwork {
  readonly config: DecoderConfig;
  private readonly going: Going;

  constructor({ name, config, seed }: DecoderNetworkOptions) {
    const init = new Initialiser(seed);
    const going: Going = { step: undefined };
    const embeddings = embeddingLayer(init, config, going);
    const blocks = Array.from({ length: config.layers }, (_, i) =>
      stage(`layer.${i}`, decoderLayer(init, config, i, going)),
    );
    const table = embeddings.parameters[0]!;
    super({
      name,
      input: { shape: [Math.min(config.context, EXAMPLE_LENGTH)], dtype: 'int32' },
      groups: [
        group('embeddings', stage('embeddings', embeddings)),
        ...blocks.map((block) => group(block.name, block)),
      ],
      channels: config.hiddenSize,
      head: decoderHead(init, config, config.vocabularySize, config.tied ? table : undefined),
      newHead: (drawn, _, classes) => decoderHead(drawn, config, classes, undefined),
    });
    this.config = config;
    this.going = going;
  }

  /** Whether the head's matrix is the table of tokens. */
  get tied(): boolean {
    return !this.parameters.has('head.weight');
  }

  /**
   * Logits [N, classes] of one more token of each sequence, [N, 1], at a position (a scalar, int32, from 0). The cache, of N
   * sequences, has what was at the positions before, and takes this one in.
   */
  next(tokens: tf.Tensor2D, position: tf.Scalar, cache: KeyValueCache): tf.Tensor2D {
    this.going.step = { cache, position };
    try {
      return this.apply(tokens);
    } finally {
      this.going.step = undefined;
    }
  }
}

/** Any length would do. */
const EXAMPLE_LENGTH = 4;

/** [N, T] numbers of tokens to [N, T, size]; parameters `embeddings.token.weight` and, for gpt2, `embeddings.position.weight`. */
function embeddingLayer(init: Initialiser, config: DecoderConfig, going: Going): TrunkLayer {
  const { vocabularySize, hiddenSize: size, context, dropout } = config;
  const token = init.parameter('embeddings.token.weight', 'weight', [vocabularySize, size], 'glorot');
  const position =
    config.family === 'gpt2'
      ? init.parameter('embeddings.position.weight', 'weight', [context, size], 'glorot')
      : undefined;
  return {
    parameters: position ? [token, position] : [token],
    apply(tokens, training) {
      const [texts, length] = tokens.shape as [number, number];
      if (length > context) throw new RangeError(`sequences of ${length} tokens, and the context is ${context}`);
      const numbers = tf.reshape(tokens, [texts * length]) as tf.Tensor1D;
      let x: tf.Tensor = tf.reshape(tf.gather(parameterValue<tf.Rank.R2>(token), numbers), [texts, length, size]);
      if (position) {
        const table = parameterValue<tf.Rank.R2>(position);
        const { step } = going;
        const rows = step ? tf.gather(table, tf.reshape(step.position, [1])) : tf.slice(table, 0, length);
        x = tf.add(x, rows);
      }
      return drop(x, training ? dropout.embeddings : 0);
    },
  };
}

/** x + attention(norm(x)), then the same with the feed-forward part: [N, T, size] to [N, T, size]. */
function decoderLayer(init: Initialiser, config: DecoderConfig, layer: number, going: Going): TrunkLayer {
  const { family, hiddenSize: size, innerSize, heads, keyHeads, dropout, rotaryBase } = config;
  const width = size / heads;
  const name = `layer.${layer}`;
  const dense = (part: string, from: number, to: number) =>
    denseLayer(init, `${name}.${part}`, from, to, family === 'gpt2');
  const [before, middle] = [
    normalization(init, config, `${name}.attention.norm`),
    normalization(init, config, `${name}.inner.norm`),
  ];
  const query = dense('attention.query', size, size);
  const [key, value] = [
    dense('attention.key', size, keyHeads * width),
    dense('attention.value', size, keyHeads * width),
  ];
  const output = dense('attention.output', size, size);
  const gate = family === 'llama' ? dense('inner.gate', size, innerSize) : undefined;
  const [up, down] = [dense('inner.up', size, innerSize), dense('inner.down', innerSize, size)];

  const attend = (rows: tf.Tensor, texts: number, length: number, training: boolean): tf.Tensor => {
    const byHead = (x: tf.Tensor, count: number): tf.Tensor4D =>
      tf.transpose(tf.reshape(x, [texts, length, count, width]), [0, 2, 1, 3]);
    const { step } = going;
    const turn = family === 'llama' ? rotationOf(step, length, width, rotaryBase) : undefined;
    const turned = (x: tf.Tensor4D) => (turn ? rotate(x, turn) : x);
    const queries = turned(byHead(query.apply(rows), heads));
    let [keys, values] = [turned(byHead(key.apply(rows), keyHeads)), byHead(value.apply(rows), keyHeads)];
    if (step) {
      keys = step.cache.put(layer, 'keys', keys, step.position);
      values = step.cache.put(layer, 'values', values, step.position);
    }
    const maskedScores = step ? maskAfter(step.position, step.cache.length) : causalMask(length);
    const attended = groupedAttention({
      queries,
      keys,
      values,
      maskedScores,
      dropout: training ? dropout.attention : 0,
    });
    return output.apply(tf.reshape(tf.transpose(attended, [0, 2, 1, 3]), [texts * length, size]));
  };
  const transform = (rows: tf.Tensor): tf.Tensor => {
    const inner = up.apply(rows);
    const gated = gate ? gate.apply(rows) : undefined;
    return down.apply(gated ? tf.mul(tf.mul(gated, tf.sigmoid(gated)), inner) : geluTanh(inner));
  };
  return {
    parameters: [before, query, key, value, output, middle, ...(gate ? [gate] : []), up, down].flatMap(
      ({ parameters }) => parameters,
    ),
    apply(x, training) {
      const [texts, length] = x.shape as [number, number, number];
      const rate = training ? dropout.residual : 0;
      let rows: tf.Tensor = tf.reshape(x, [texts * length, size]);
      rows = tf.add(rows, drop(attend(before.apply(rows), texts, length, training), rate));
      rows = tf.add(rows, drop(transform(middle.apply(rows)), rate));
      return tf.reshape(rows, [texts, length, size]);
    },
  };
}

/** Of the tokens of a pass: all from the first on, or the one that is at a position now. */
function rotationOf(step: Going['step'], length: number, width: number, base: number): Rotation {
  if (step === undefined) return rotations(length, width, base);
  const { cosines, sines } = rotations(step.cache.length, width, base);
  const row = (table: tf.Tensor2D) => tf.gather(table, tf.reshape(step.position, [1]) as tf.Tensor1D);
  return { cosines: row(cosines), sines: row(sines) };
}

/** The last normalisation, and a matrix [size, classes] of its own or the table of tokens, transposed. */
function decoderHead(init: Initialiser, config: DecoderConfig, classes: number, table: Parameter | undefined): Head {
  const { hiddenSize: size } = config;
  const norm = normalization(init, config, 'head.norm');
  const own = table ? undefined : init.parameter('head.weight', 'weight', [size, classes], 'glorot');
  return {
    parameters: own ? [...norm.parameters, own] : norm.parameters,
    classes,
    featureSize: size,
    features: (x) => tf.reshape(x, [x.shape[0]! * x.shape[1]!, size]),
    logits: (features) =>
      tf.matMul(
        norm.apply(features) as tf.Tensor2D,
        parameterValue<tf.Rank.R2>(own ?? table!),
        false,
        own === undefined,
      ),
  };
}

/** A function of rows [rows, size], with the parameters that it reads. */
interface RowLayer {
  readonly parameters: readonly Parameter[];
  apply(rows: tf.Tensor): tf.Tensor;
}

function denseLayer(init: Initialiser, name: string, from: number, to: number, biased: boolean): RowLayer {
  const weight = init.parameter(`${name}.weight`, 'weight', [from, to], 'glorot');
  const bias = biased ? init.parameter(`${name}.bias`, 'bias', [to], 'zeros') : undefined;
  return {
    parameters: bias ? [weight, bias] : [weight],
    apply(rows) {
      const product = tf.matMul(rows as tf.Tensor2D, parameterValue<tf.Rank.R2>(weight));
      return bias ? tf.add(product, parameterValue(bias)) : product;
    },
  };
}

function normalization(init: Initialiser, { family, hiddenSize, epsilon }: DecoderConfig, name: string): RowLayer {
  const role: ParameterRole = 'norm';
  const scale = init.parameter(`${name}.weight`, role, [hiddenSize], 'ones');
  if (family === 'llama')
    return { parameters: [scale], apply: (rows) => normalizeRms(rows, parameterValue(scale), epsilon) };
  const shift = init.parameter(`${name}.bias`, role, [hiddenSize], 'zeros');
  return {
    parameters: [scale, shift],
    apply: (rows) => normalizeLayer(rows, parameterValue(scale), parameterValue(shift), epsilon),
  };
}
