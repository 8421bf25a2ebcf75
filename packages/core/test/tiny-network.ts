/**
 * The smallest network with everything that transfer must handle: a convolution, a normalisation with statistics, a
 * second trunk group and a head. For tests: it is not part of the package's exports.
 */
import type { ApplyOptions, LayerGroup, Network, Parameter, ParameterRole } from '../src/network.ts';
import { Random } from '../src/random.ts';
import { tf } from '../src/tensorflow.ts';

const CHANNELS = 4;
const FEATURES = 6;

export class TinyNetwork implements Network {
  readonly name = 'tiny';
  readonly preprocessing = { size: 4, resize: 4, channels: 'rgb' as const, mean: [0, 0, 0], std: [1, 1, 1] };
  readonly featureSize = FEATURES;
  readonly taps: readonly string[] = ['stem'];
  readonly parameters = new Map<string, Parameter>();
  readonly layerGroups: readonly LayerGroup[];

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
    this.layerGroups = [...groups, { name: 'head', parameters: ['head.weight', 'head.bias'] }];
    this.resetHead(classes, seed);
  }

  apply(images: tf.Tensor4D, options?: ApplyOptions): tf.Tensor2D {
    return this.head(this.features(images, options), options);
  }

  features(images: tf.Tensor4D, { training = false }: ApplyOptions = {}): tf.Tensor2D {
    const convolved = tf.conv2d(images, this.variable('stem.weight'), 1, 'same');
    const pooled = tf.mean(tf.relu(this.normalize(convolved, training)), [1, 2]) as tf.Tensor2D;
    return tf.relu(tf.add(tf.matMul(pooled, this.variable('body.weight')), this.variable('body.bias')));
  }

  head(features: tf.Tensor2D, { training = false }: ApplyOptions = {}): tf.Tensor2D {
    if (training && this.dropout > 0) features = tf.dropout(features, this.dropout) as tf.Tensor2D;
    return tf.add(tf.matMul(features, this.variable('head.weight')), this.variable('head.bias'));
  }

  tap(images: tf.Tensor4D): Record<string, tf.Tensor> {
    return { stem: tf.conv2d(images, this.variable('stem.weight'), 1, 'same') };
  }

  resetHead(classes: number, seed: number): void {
    const random = Random.fromSeed(seed).fork('head');
    this.classes = classes;
    for (const name of ['head.weight', 'head.bias']) this.parameters.get(name)?.variable.dispose();
    this.add('head.weight', 'weight', [FEATURES, classes], () => random.normal(0, 0.3));
    this.add('head.bias', 'bias', [classes], () => 0);
  }

  dispose(): void {
    for (const { variable } of this.parameters.values()) variable.dispose();
  }

  private normalize(x: tf.Tensor4D, training: boolean): tf.Tensor4D {
    const [scale, shift] = [this.variable('stem.norm.scale'), this.variable('stem.norm.shift')];
    let mean: tf.Tensor = this.variable('stem.norm.mean');
    let variance: tf.Tensor = this.variable('stem.norm.variance');
    if (training && scale.trainable) {
      const moments = tf.moments(x, [0, 1, 2]);
      for (const [name, value] of Object.entries(moments)) {
        const statistic = this.variable(`stem.norm.${name}`);
        statistic.assign(tf.add(tf.mul(statistic, 0.9), tf.mul(value, 0.1)));
      }
      ({ mean, variance } = moments);
    }
    return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-3))), scale), shift);
  }

  private variable<Shape extends tf.Rank>(name: string): tf.Variable<Shape> {
    return this.parameters.get(name)!.variable as tf.Variable<Shape>;
  }

  private add(name: string, role: ParameterRole, shape: number[], value: () => number): void {
    const values = Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, value);
    this.parameters.set(name, {
      name,
      role,
      variable: tf.tidy(() => tf.variable(tf.tensor(values, shape), role !== 'statistic')),
    });
  }
}
