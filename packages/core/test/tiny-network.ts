/**
 * The smallest network with everything that transfer must handle: a convolution, a normalisation with statistics, a
 * second trunk group and a head. For tests: it is not part of the package's exports.
 */
import type {
  ApplyOptions,
  ImageNetwork,
  InsertedLayer,
  LayerGroup,
  NetworkOutputs,
  Parameter,
  ParameterRole,
  RunOptions,
} from '../src/network.ts';
import { imageInput } from '../src/network.ts';
import { Random } from '../src/random.ts';
import { tf } from '../src/tensorflow.ts';
import { parameterValue } from '../src/transfer/added/parameter-value.ts';

const CHANNELS = 4;
const FEATURES = 6;

export class TinyNetwork implements ImageNetwork {
  readonly name = 'tiny';
  readonly preprocessing = { size: 4, resize: 4, channels: 'rgb' as const, mean: [0, 0, 0], std: [1, 1, 1] };
  readonly input = imageInput(this.preprocessing);
  readonly featureSize = FEATURES;
  readonly taps: readonly string[] = ['stem'];
  parameters = new Map<string, Parameter>();
  private readonly trunkGroups: readonly LayerGroup[];
  private readonly addedGroups: LayerGroup[] = [];
  private readonly inserted: InsertedLayer[] = [];

  constructor(
    public classes: number,
    seed: number,
    /** Share of the head's inputs that training drops. */
    private readonly dropout = 0,
  ) {
    const random = Random.fromSeed(seed);
    this.add('stem.weight', 'weight', [3, 3, 3, CHANNELS], () => random.normal(0, 0.3));
    this.add('stem.norm.scale', 'norm', [CHANNELS], () => 1);
    this.add('stem.norm.shift', 'norm', [CHANNELS], () => 0);
    this.add('stem.norm.mean', 'statistic', [CHANNELS], () => 0);
    this.add('stem.norm.variance', 'statistic', [CHANNELS], () => 1);
    this.add('body.weight', 'weight', [CHANNELS, FEATURES], () => random.normal(0, 0.5));
    this.add('body.bias', 'bias', [FEATURES], () => 0);
    const groups = ['stem', 'body'].map((name) => ({
      name,
      parameters: [...this.parameters.keys()].filter((parameter) => parameter.startsWith(name)),
    }));
    this.trunkGroups = groups;
    this.resetHead(classes, seed);
  }

  get layerGroups(): readonly LayerGroup[] {
    return [...this.trunkGroups, ...this.addedGroups, { name: 'head', parameters: ['head.weight', 'head.bias'] }];
  }

  apply(images: tf.Tensor4D, options?: ApplyOptions): tf.Tensor2D {
    return this.head(this.features(images, options), options);
  }

  features(images: tf.Tensor4D, options?: ApplyOptions): tf.Tensor2D {
    return this.run(images, options).features;
  }

  run(images: tf.Tensor4D, { training = false, taps: names = [], from }: RunOptions = {}): NetworkOutputs {
    let stem: tf.Tensor = images;
    if (from === undefined) {
      stem = tf.conv2d(images, this.value('stem.weight'), 1, 'same');
      for (const layer of this.inserted) stem = layer(stem, training);
    }
    const taps = names.includes('stem') ? { stem } : {};
    const pooled = tf.mean(tf.relu(this.normalize(stem as tf.Tensor4D, training)), [1, 2]) as tf.Tensor2D;
    const features = tf.relu(
      tf.add(tf.matMul(pooled, this.value('body.weight')), this.value('body.bias')),
    ) as tf.Tensor2D;
    return { taps, features, logits: this.head(features, { training }) };
  }

  head(features: tf.Tensor2D, { training = false }: ApplyOptions = {}): tf.Tensor2D {
    if (training && this.dropout > 0) features = tf.dropout(features, this.dropout) as tf.Tensor2D;
    return tf.add(tf.matMul(features, this.value('head.weight')), this.value('head.bias'));
  }

  tap(images: tf.Tensor4D, names: readonly string[], options: ApplyOptions = {}): Record<string, tf.Tensor> {
    return this.run(images, { ...options, taps: names }).taps;
  }

  resetHead(classes: number, seed: number): void {
    const random = Random.fromSeed(seed).fork('head');
    this.classes = classes;
    for (const name of ['head.weight', 'head.bias']) this.parameters.get(name)?.variable.dispose();
    this.add('head.weight', 'weight', [FEATURES, classes], () => random.normal(0, 0.3));
    this.add('head.bias', 'bias', [classes], () => 0);
  }

  cutAt(): never {
    throw new Error('a tiny network cannot be cut');
  }

  insertAfter(_tap: string, layer: InsertedLayer): void {
    this.inserted.push(layer);
  }

  addGroup(name: string, parameters: readonly Parameter[]): void {
    this.parameters = new Map([
      ...this.parameters,
      ...parameters.map((parameter) => [parameter.name, parameter] as const),
    ]);
    this.addedGroups.push({ name, parameters: parameters.map((parameter) => parameter.name), added: true });
  }

  removeGroup(name: string): void {
    const index = this.addedGroups.findIndex((group) => group.name === name);
    this.parameters = new Map(this.parameters);
    for (const parameter of this.addedGroups.splice(index, 1)[0]!.parameters) {
      this.parameters.get(parameter)!.variable.dispose();
      this.parameters.delete(parameter);
    }
  }

  dispose(): void {
    for (const { variable } of this.parameters.values()) variable.dispose();
  }

  private normalize(x: tf.Tensor4D, training: boolean): tf.Tensor4D {
    const [scale, shift] = [this.variable('stem.norm.scale'), this.variable('stem.norm.shift')];
    let mean: tf.Tensor = this.variable('stem.norm.mean');
    let variance: tf.Tensor = this.variable('stem.norm.variance');
    if (training && scale.trainable && this.variable('stem.norm.mean').trainable) {
      const moments = tf.moments(x, [0, 1, 2]);
      for (const [name, value] of Object.entries(moments)) {
        const statistic = this.variable(`stem.norm.${name}`);
        statistic.assign(tf.add(tf.mul(statistic, 0.9), tf.mul(value, 0.1)));
      }
      ({ mean, variance } = moments);
    }
    return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-3))), scale), shift);
  }

  private value<Shape extends tf.Rank>(name: string): tf.Tensor<Shape> {
    return parameterValue(this.parameters.get(name)!);
  }

  private variable<Shape extends tf.Rank>(name: string): tf.Variable<Shape> {
    return this.parameters.get(name)!.variable as tf.Variable<Shape>;
  }

  private add(name: string, role: ParameterRole, shape: number[], value: () => number): void {
    const values = Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, value);
    this.parameters.set(name, {
      name,
      role,
      variable: tf.tidy(() => tf.variable(tf.tensor(values, shape))),
    });
  }
}
