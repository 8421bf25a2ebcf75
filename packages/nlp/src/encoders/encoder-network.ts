/**
 * A transformer encoder with a classification head that can be trained as every `Network`: BERT (Devlin et al. 2019,
 * arXiv:1810.04805) and its relatives. A batch is [N, 3, T] integers: the numbers of the word pieces, 1 for pieces and 0 for
 * padding, and which text of a pair a piece is of.
 */
import type { ApplyOptions, NetworkInput, NetworkOutputs, Parameter, RunOptions } from '@attune/core';
import { gelu, geluTanh, normalizeLayer, parameterValue, tf, UserError } from '@attune/core';
import { disposeParameters, ExtensibleNetwork, type ParameterGroup } from '@attune/zoo';
import { attention, drop, maskScores } from './attention.ts';
import type { EncoderActivation, EncoderConfig } from './config.ts';
import { mostTokens } from './config.ts';
import type { FirstValues } from './encoder-parameters.ts';
import { encoderGroups, freshValues, headGroup, makeGroup } from './encoder-parameters.ts';

/**
 * What the head sees of a text: its first vector through the dense layer that the checkpoint has for that (`pooler`), its
 * first vector (`cls`), or the mean over its tokens (`mean`).
 */
export type Pooling = 'pooler' | 'cls' | 'mean';

export interface EncoderOptions {
  readonly name: string;
  readonly config: EncoderConfig;
  readonly pooling: Pooling;
  readonly classes: number;
  /** Of all parameters, the head's too. */
  readonly values: FirstValues;
}

/** Tokens of the shape that stands for all others; it costs nothing, and few texts are shorter. */
const USUAL_TOKENS = 16;

/** Vectors on their way up: rows of all tokens, and what the layers have to know of the batch. */
interface Sequence {
  /** [N T, size] */
  readonly rows: tf.Tensor;
  readonly texts: number;
  readonly tokens: number;
  /** [N, T] of 1 for tokens and 0 for padding. */
  readonly mask: tf.Tensor2D;
  /** See `maskScores`. */
  readonly maskedScores: tf.Tensor;
  readonly training: boolean;
  readonly keep: (name: string, rows: tf.Tensor) => tf.Tensor;
}

export class EncoderNetwork extends ExtensibleNetwork {
  readonly name: string;
  private currentConfig: EncoderConfig;
  private currentPooling: Pooling;
  private groups: readonly ParameterGroup[];
  private currentHead: ParameterGroup;

  constructor({ name, config, pooling, classes, values }: EncoderOptions) {
    super();
    this.name = name;
    this.currentConfig = config;
    this.currentPooling = pooling;
    this.groups = encoderGroups(config, pooling === 'pooler').map((group) => makeGroup(group, values));
    this.currentHead = makeGroup(headGroup(config.hiddenSize, classes), values);
    this.collectParameters();
  }

  /** After a cut, that of an encoder with fewer layers. */
  get config(): EncoderConfig {
    return this.currentConfig;
  }

  /** `mean` after a cut: a pooler only fits the layer that it was trained on. */
  get pooling(): Pooling {
    return this.currentPooling;
  }

  get input(): NetworkInput {
    return { shape: [3, Math.min(USUAL_TOKENS, mostTokens(this.config))], dtype: 'int32' };
  }

  get classes(): number {
    return this.currentHead.parameters[1]!.variable.shape[0]!;
  }

  get featureSize(): number {
    return this.config.hiddenSize;
  }

  /** `embeddings`, `layer.0` and so on: [N, T, size], 0 at padding. */
  get taps(): readonly string[] {
    return this.groups.map(({ name }) => name).filter((name) => name !== 'pooler');
  }

  /**
   * The two parts of each layer before they are added to what goes past them, `layer.0.attention` and `layer.0.inner`: where
   * Houlsby et al. put adapters. They may be tapped too; no pass can begin above one.
   */
  get parts(): readonly string[] {
    return this.taps.slice(1).flatMap((name) => [`${name}.attention`, `${name}.inner`]);
  }

  features(inputs: tf.Tensor, options: ApplyOptions = {}): tf.Tensor2D {
    return tf.tidy(() => this.pool(this.climb(inputs, options)));
  }

  head(features: tf.Tensor2D, { training = false }: ApplyOptions = {}): tf.Tensor2D {
    return tf.tidy(() => {
      const dropped = drop(features, training ? this.config.dropout : 0);
      return this.linear('head', dropped) as tf.Tensor2D;
    });
  }

  tap(inputs: tf.Tensor, names: readonly string[], options: ApplyOptions = {}): Record<string, tf.Tensor> {
    return tf.tidy(() => {
      const taps: Record<string, tf.Tensor> = {};
      this.climb(inputs, options, this.requireTaps(names, this.insertable), taps, true);
      return taps;
    });
  }

  run(inputs: tf.Tensor, { taps: names = [], ...options }: RunOptions = {}): NetworkOutputs {
    return tf.tidy(() => {
      const taps: Record<string, tf.Tensor> = {};
      const features = this.pool(this.climb(inputs, options, this.requireTaps(names, this.insertable), taps));
      return { taps, features, logits: this.head(features, options) };
    }) as NetworkOutputs;
  }

  resetHead(classes: number, seed: number): void {
    disposeParameters(this.currentHead.parameters);
    this.currentHead = makeGroup(headGroup(this.featureSize, classes), freshValues(seed));
    this.collectParameters();
  }

  cutAt(tap: string, seed: number): void {
    this.requireNothingAdded();
    this.requireTaps([tap]);
    const depth = this.taps.indexOf(tap);
    for (const { parameters } of this.groups.slice(depth + 1)) disposeParameters(parameters);
    this.groups = this.groups.slice(0, depth + 1);
    this.currentConfig = { ...this.config, layers: depth };
    if (this.pooling === 'pooler') this.currentPooling = 'mean';
    this.resetHead(this.classes, seed);
  }

  protected override get insertable(): readonly string[] {
    return [...this.taps, ...this.parts];
  }

  protected trunkGroups(): readonly ParameterGroup[] {
    return this.groups;
  }

  protected headParameters(): readonly Parameter[] {
    return this.currentHead.parameters;
  }

  /** The vectors of the last layer; `taps` takes those of the named ones. `stop`: no further than the last of them. */
  private climb(
    inputs: tf.Tensor,
    options: ApplyOptions,
    names: readonly string[] = [],
    taps: Record<string, tf.Tensor> = {},
    stop = false,
  ): Sequence {
    const { from, training = false } = options;
    const own = from === undefined ? inputs : options.inputs;
    if (own === undefined) throw new Error(`a pass from ${from} needs the network's own input too: where texts end`);
    const [texts, , tokens] = own.shape as [number, number, number];
    const [pieces, masked, types] = tf.split(own, 3, 1).map((part) => tf.reshape(part, [texts * tokens]));
    const mask = tf.reshape(tf.cast(masked!, 'float32'), [texts, tokens]) as tf.Tensor2D;
    const wanted = new Set(names);
    const keep = (name: string, rows: tf.Tensor): tf.Tensor => {
      let kept = rows;
      const shape = [texts, tokens, this.featureSize];
      const inserts = this.insertedAfter(name);
      if (inserts.length > 0) {
        const sequence = inserts.reduce((x, insert) => insert(x, training), tf.reshape(rows, shape) as tf.Tensor);
        kept = tf.reshape(sequence, [texts * tokens, this.featureSize]);
      }
      if (wanted.delete(name)) taps[name] = tf.mul(tf.reshape(kept, shape), tf.expandDims(mask, -1));
      return kept;
    };
    const batch = { texts, tokens, mask, maskedScores: maskScores(mask), training, keep };
    const below = from === undefined ? -1 : this.taps.indexOf(this.requireTaps([from])[0]!);
    let rows: tf.Tensor;
    if (below < 0) rows = keep('embeddings', this.embed(pieces as tf.Tensor1D, types as tf.Tensor1D, batch));
    else rows = tf.reshape(inputs, [texts * tokens, this.featureSize]);
    for (const name of this.taps.slice(Math.max(below, 0) + 1)) {
      if (stop && wanted.size === 0) break;
      rows = keep(name, this.layer(name, { ...batch, rows }));
    }
    return { ...batch, rows };
  }

  private embed(pieces: tf.Tensor1D, types: tf.Tensor1D, batch: Omit<Sequence, 'rows'>): tf.Tensor {
    const { texts, tokens, training } = batch;
    const { firstPosition, hiddenSize: size, tokenTypes, positions } = this.config;
    if (firstPosition + tokens > positions)
      throw new UserError(
        `${this.name} takes texts of at most ${mostTokens(this.config)} tokens, and one of ${tokens} was given.`,
        'Cut texts to that length.',
      );
    const words = tf.gather(this.value('embeddings.word.weight'), pieces);
    const table = this.value('embeddings.position.weight');
    // In two cuts: then an exported model finds the second's length, the number of tokens, in its input.
    const usable = firstPosition === 0 ? table : tf.slice(table, [firstPosition, 0]);
    const places = tf.slice(usable, [0, 0], [tokens, size]);
    let sum: tf.Tensor = tf.add(tf.reshape(words, [texts, tokens, size]), places);
    if (tokenTypes === 1) sum = tf.add(sum, this.value('embeddings.token_type.weight'));
    if (tokenTypes > 1) {
      // As a product: the gradient of a look-up in so small a table would add all rows up one after the other.
      const chosen = tf.oneHot(types, tokenTypes, 1, 0, 'float32') as tf.Tensor2D;
      const kinds = this.value('embeddings.token_type.weight') as tf.Tensor2D;
      sum = tf.add(sum, tf.reshape(tf.matMul(chosen, kinds), [texts, tokens, size]));
    }
    const rows = tf.reshape(sum, [texts * tokens, size]);
    return drop(this.norm('embeddings.norm', rows), training ? this.config.dropout : 0);
  }

  private layer(name: string, { rows, keep, training, ...batch }: Sequence): tf.Tensor {
    const { heads, dropout, attentionDropout, activation } = this.config;
    const attended = attention({
      queries: this.linear(`${name}.attention.query`, rows),
      keys: this.linear(`${name}.attention.key`, rows),
      values: this.linear(`${name}.attention.value`, rows),
      ...batch,
      heads,
      dropout: training ? attentionDropout : 0,
    });
    const add = (x: tf.Tensor, part: 'attention' | 'inner', change: tf.Tensor) => {
      const dropped = drop(change, training ? dropout : 0);
      return this.norm(`${name}.${part}.norm`, tf.add(x, keep(`${name}.${part}`, dropped)));
    };
    const middle = add(rows, 'attention', this.linear(`${name}.attention.output`, attended));
    const inner = ACTIVATIONS[activation](this.linear(`${name}.inner.up`, middle));
    return add(middle, 'inner', this.linear(`${name}.inner.down`, inner));
  }

  private pool({ rows, texts, tokens, mask }: Sequence): tf.Tensor2D {
    const size = this.featureSize;
    const sequence = tf.reshape(rows, [texts, tokens, size]);
    if (this.pooling === 'mean') {
      const sums = tf.sum(tf.mul(sequence, tf.expandDims(mask, -1)), 1);
      return tf.div(sums, tf.maximum(tf.sum(mask, 1, true), 1));
    }
    const first = tf.reshape(tf.slice(sequence, [0, 0, 0], [texts, 1, size]), [texts, size]) as tf.Tensor2D;
    if (this.pooling === 'cls') return first;
    const dense = this.linear('pooler', first);
    return (this.config.family === 'distilbert' ? tf.relu(dense) : tf.tanh(dense)) as tf.Tensor2D;
  }

  private value(name: string): tf.Tensor {
    return parameterValue(this.parameters.get(name)!);
  }

  private linear(name: string, x: tf.Tensor): tf.Tensor {
    const product = tf.matMul(x as tf.Tensor2D, this.value(`${name}.weight`) as tf.Tensor2D);
    return tf.add(product, this.value(`${name}.bias`));
  }

  private norm(name: string, x: tf.Tensor): tf.Tensor {
    return normalizeLayer(x, this.value(`${name}.weight`), this.value(`${name}.bias`), this.config.epsilon);
  }
}

const ACTIVATIONS: Readonly<Record<EncoderActivation, (x: tf.Tensor) => tf.Tensor>> = {
  gelu,
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  relu: (x) => tf.relu(x),
  silu: (x) => tf.mul(x, tf.sigmoid(x)),
};
