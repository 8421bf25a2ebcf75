/**
 * The modular network of Anderson et al. 2016, arXiv:1611.01714: a fresh module is trained beside a pre-trained network, so
 * that representations are added and none is replaced. At each stitch the module's next stage sees its own map and the
 * pre-trained one's, concatenated over channels; nothing flows back. The classifier stands on the features of both.
 */
import { UserError } from '../../errors.ts';
import type {
  ApplyOptions,
  ImageNetwork,
  InsertedLayer,
  LayerGroup,
  Network,
  NetworkOutputs,
  Parameter,
  RunOptions,
} from '../../network.ts';
import { Random } from '../../random.ts';
import { tf } from '../../tensorflow.ts';
import { headGroup, requireNoGroup } from '../groups.ts';
import { tapShapes } from './tap-shapes.ts';

export const MODULE_GROUP = 'module';

export interface ModuleSettings {
  /** Channels of the module's first stage, 1 to 128; each stage has twice as many as the one below, up to eight times. */
  readonly width: number;
  /** Layers of the pre-trained network that the module sees, by depth. Default: `defaultStitches`. */
  readonly stitches?: readonly string[];
}

/** A part of the module: a function of a map, and the parameters that it reads. */
export interface ModuleStage {
  readonly parameters: readonly Parameter[];
  /** Channels of its output. */
  readonly channels: number;
  apply(x: tf.Tensor, training: boolean): tf.Tensor;
}

/** Makes the module's stages; what they are made of is the domain's affair. */
export type ModuleBuilder = (stage: {
  /** Counted from 0. */
  readonly number: number;
  /** Shape of what it sees, the batch left out. */
  readonly from: readonly number[];
  /** The side of what it gives must be that of this map; undefined for the last stage, which may choose. */
  readonly to: readonly number[] | undefined;
}) => ModuleStage;

/** The last layer at each resolution, of all but the network's last layer: the head sees that one anyway. */
export function defaultStitches(network: Network): string[] {
  const taps = network.taps.slice(0, -1);
  const shapes = tapShapes(network, taps);
  const side = (tap: string | undefined) => tap && shapes[tap]!.slice(0, -1).join();
  return taps.filter((tap, i) => side(tap) !== side(taps[i + 1]));
}

export class ModularNetwork implements ImageNetwork {
  private readonly stages: readonly ModuleStage[];
  private currentHead: { readonly weight: Parameter; readonly bias: Parameter };
  private parameterMap: ReadonlyMap<string, Parameter> = new Map();
  /** The pre-trained network's parameters when `parameterMap` was made: LoRA may have been merged and removed there since. */
  private collectedFrom: ReadonlyMap<string, Parameter> | undefined;

  /**
   * @param pretrained Belongs to this network from now on. Its own head is left aside.
   * @param seed Fixes the new head.
   * @throws UserError when a stitch is no layer of the network, or they are not in the order of depth.
   */
  constructor(
    private readonly pretrained: ImageNetwork,
    private readonly stitches: readonly string[],
    build: ModuleBuilder,
    classes: number,
    seed: number,
  ) {
    const shapes = tapShapes(pretrained, stitches);
    const depths = stitches.map((tap) => pretrained.taps.indexOf(tap));
    if (stitches.length === 0 || depths.some((depth, i) => i > 0 && depth <= depths[i - 1]!))
      throw new UserError(
        `Stitches must be layers in the order of depth, and are: ${stitches.join(', ') || 'none'}.`,
        `The layers of ${pretrained.name} are, from the input: ${pretrained.taps.join(', ')}.`,
      );
    const stages: ModuleStage[] = [];
    let from: readonly number[] = pretrained.input.shape;
    for (const [number, tap] of [...stitches, undefined].entries()) {
      const to = tap === undefined ? undefined : shapes[tap];
      const stage = build({ number, from, to });
      stages.push(stage);
      if (to) from = [...to.slice(0, -1), to.at(-1)! + stage.channels];
    }
    this.stages = stages;
    this.currentHead = newHead(this.featureSize, classes, seed);
  }

  get name() {
    return this.pretrained.name;
  }

  get input() {
    return this.pretrained.input;
  }

  get preprocessing() {
    return this.pretrained.preprocessing;
  }

  get taps() {
    return this.pretrained.taps;
  }

  get classes(): number {
    return this.currentHead.bias.variable.shape[0]!;
  }

  get featureSize(): number {
    return this.pretrained.featureSize + this.stages.at(-1)!.channels;
  }

  get parameters(): ReadonlyMap<string, Parameter> {
    if (this.collectedFrom !== this.pretrained.parameters) {
      this.parameterMap = this.collectParameters();
      this.collectedFrom = this.pretrained.parameters;
    }
    return this.parameterMap;
  }

  get layerGroups(): readonly LayerGroup[] {
    const module = this.stages.flatMap(({ parameters }) => parameters.map(({ name }) => name));
    return [
      ...this.pretrained.layerGroups.slice(0, -1),
      { name: MODULE_GROUP, parameters: module, added: true },
      { name: 'head', parameters: ['head.weight', 'head.bias'] },
    ];
  }

  apply(images: tf.Tensor4D, options: ApplyOptions = {}): tf.Tensor2D {
    return tf.tidy(() => this.head(this.features(images, options)));
  }

  features(images: tf.Tensor4D, options: ApplyOptions = {}): tf.Tensor2D {
    return tf.tidy(() => this.run(images, options).features);
  }

  head(features: tf.Tensor2D): tf.Tensor2D {
    const { weight, bias } = this.currentHead;
    return tf.tidy(() => tf.add(tf.matMul(features, weight.variable as tf.Variable<tf.Rank.R2>), bias.variable));
  }

  tap(images: tf.Tensor4D, names: readonly string[], options: ApplyOptions = {}): Record<string, tf.Tensor> {
    return this.pretrained.tap(images, names, options);
  }

  run(images: tf.Tensor4D, { taps: names = [], training = false, from }: RunOptions = {}): NetworkOutputs {
    if (from !== undefined) throw new Error('a pass through a network and its module begins at the input of both');
    return tf.tidy(() => {
      const beside = this.pretrained.run(images, { taps: [...new Set([...this.stitches, ...names])], training });
      let map: tf.Tensor = images;
      for (const [i, stage] of this.stages.entries()) {
        map = stage.apply(map, training);
        const tap = this.stitches[i];
        if (tap !== undefined) map = tf.concat([map, beside.taps[tap]!], -1);
      }
      const own = tf.mean(map, [1, 2]) as tf.Tensor2D;
      const features = tf.concat([beside.features, own], 1);
      const taps = Object.fromEntries(names.map((name) => [name, beside.taps[name]!]));
      return { taps, features, logits: this.head(features) };
    }) as NetworkOutputs;
  }

  resetHead(classes: number, seed: number): void {
    for (const { variable } of Object.values(this.currentHead)) variable.dispose();
    this.currentHead = newHead(this.featureSize, classes, seed);
    this.collectedFrom = undefined;
  }

  cutAt(): never {
    throw new Error('a network is cut before a module is put beside it');
  }

  insertAfter(tap: string, layer: InsertedLayer): void {
    this.pretrained.insertAfter(tap, layer);
  }

  addGroup(name: string, parameters: readonly Parameter[]): void {
    requireNoGroup(this, name);
    this.pretrained.addGroup(name, parameters);
  }

  removeGroup(name: string): void {
    this.pretrained.removeGroup(name);
  }

  dispose(): void {
    this.pretrained.dispose();
    for (const { parameters } of this.stages) for (const { variable } of parameters) variable.dispose();
    for (const { variable } of Object.values(this.currentHead)) variable.dispose();
  }

  private collectParameters(): ReadonlyMap<string, Parameter> {
    const oldHead = new Set(headGroup(this.pretrained).parameters);
    const parameters = [
      ...[...this.pretrained.parameters.values()].filter(({ name }) => !oldHead.has(name)),
      ...this.stages.flatMap((stage) => stage.parameters),
      this.currentHead.weight,
      this.currentHead.bias,
    ];
    return new Map(parameters.map((parameter) => [parameter.name, parameter]));
  }
}

/** A linear head, its weights uniform in +- sqrt(6 / (inputs + outputs)) (Glorot and Bengio, AISTATS 2010). */
function newHead(inputs: number, classes: number, seed: number): { weight: Parameter; bias: Parameter } {
  const random = Random.fromSeed(seed).fork('head.weight');
  const bound = Math.sqrt(6 / (inputs + classes));
  const values = Float32Array.from({ length: inputs * classes }, () => random.uniform(-bound, bound));
  const variable = (name: string, role: Parameter['role'], numbers: Float32Array, shape: number[]): Parameter => ({
    name,
    role,
    variable: tf.tidy(() => tf.variable(tf.tensor(numbers, shape))),
  });
  return {
    weight: variable('head.weight', 'weight', values, [inputs, classes]),
    bias: variable('head.bias', 'bias', new Float32Array(classes), [classes]),
  };
}
