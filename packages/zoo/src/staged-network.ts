/**
 * The one implementation of core's `Network`: a list of named stages from the input to the last feature map, and a head.
 * A model file only has to say which stages there are; taps, layer groups and the split follow from that. What a map is
 * (that of an image, or of the words of a text) is the affair of the stages and the head.
 */
import type {
  ApplyOptions,
  ImageNetwork,
  InsertedLayer,
  LayerGroup,
  Network,
  NetworkInput,
  NetworkOutputs,
  Parameter,
  Preprocessing,
  RunOptions,
} from '@attune/core';
import { imageInput, requireNoGroup, suggestNames, tapShapes, tf, UserError } from '@attune/core';
import type { Head } from './layers/heads.ts';
import { linearHead } from './layers/heads.ts';
import { Initialiser } from './layers/initialiser.ts';

/** A layer of any network: those for images, see `Layer`, are layers of this kind. */
export interface TrunkLayer {
  /** The parameters that `apply` reads, in the order in which they were declared. */
  readonly parameters: readonly Parameter[];
  /**
   * Maps a batch to a batch.
   * @param training That of `ApplyOptions`.
   * @param inputs The network's own input; undefined where a pass begins above it and `ApplyOptions.inputs` is not given.
   */
  apply(x: tf.Tensor, training: boolean, inputs: tf.Tensor | undefined): tf.Tensor;
}

/** A named piece of a trunk; its output may be tapped. */
export interface Stage {
  readonly name: string;
  readonly layer: TrunkLayer;
}

/** Stages whose parameters are frozen, thawed or given a rate together. */
export interface StageGroup {
  readonly name: string;
  readonly stages: readonly Stage[];
}

export interface StagedNetworkParts {
  readonly name: string;
  readonly input: NetworkInput;
  readonly groups: readonly StageGroup[];
  /** Channels of the last map, and so the features that a linear head sees. */
  readonly channels: number;
  readonly head: Head;
  /** Makes the heads that take its place. Default `linearHead`. */
  readonly newHead?: (init: Initialiser, channels: number, classes: number) => Head;
}

export function stage(name: string, layer: TrunkLayer): Stage {
  return { name, layer };
}

export function group(name: string, ...stages: readonly Stage[]): StageGroup {
  return { name, stages };
}

interface ParameterGroup {
  readonly name: string;
  readonly parameters: readonly Parameter[];
}

export class StagedNetwork implements Network {
  readonly name: string;
  readonly input: NetworkInput;
  private readonly newHead: NonNullable<StagedNetworkParts['newHead']>;
  private groups: readonly StageGroup[];
  /** What was put behind stages, by their names. */
  private readonly inserted = new Map<string, InsertedLayer[]>();
  private readonly addedGroups: ParameterGroup[] = [];
  private currentHead: Head;
  private channels: number;
  private parameterMap: ReadonlyMap<string, Parameter>;

  constructor(parts: StagedNetworkParts) {
    this.name = parts.name;
    this.input = parts.input;
    this.newHead = parts.newHead ?? linearHead;
    this.groups = parts.groups;
    this.channels = parts.channels;
    this.currentHead = parts.head;
    this.parameterMap = this.collectParameters();
  }

  get taps(): readonly string[] {
    return this.trunk.map(({ name }) => name);
  }

  get classes(): number {
    return this.currentHead.classes;
  }

  get featureSize(): number {
    return this.currentHead.featureSize;
  }

  get parameters(): ReadonlyMap<string, Parameter> {
    return this.parameterMap;
  }

  get layerGroups(): readonly LayerGroup[] {
    const names = (parameters: readonly Parameter[]) => parameters.map(({ name }) => name);
    return [
      ...this.groups.map(({ name, stages }) => ({ name, parameters: names(stageParameters(stages)) })),
      ...this.addedGroups.map(({ name, parameters }) => ({
        name,
        parameters: names(parameters),
        added: true as const,
      })),
      { name: 'head', parameters: names(this.currentHead.parameters) },
    ];
  }

  apply(inputs: tf.Tensor, options: ApplyOptions = {}): tf.Tensor2D {
    return tf.tidy(() => this.head(this.features(inputs, options), options));
  }

  features(inputs: tf.Tensor, options: ApplyOptions = {}): tf.Tensor2D {
    return tf.tidy(() => this.seen(this.climb(inputs, options), inputs, options));
  }

  head(features: tf.Tensor2D, { training = false }: ApplyOptions = {}): tf.Tensor2D {
    return tf.tidy(() => this.currentHead.logits(features, training));
  }

  tap(inputs: tf.Tensor, names: readonly string[], options: ApplyOptions = {}): Record<string, tf.Tensor> {
    return tf.tidy(() => {
      const taps: Record<string, tf.Tensor> = {};
      this.climb(inputs, options, this.requireTaps(names), taps, true);
      return taps;
    });
  }

  run(inputs: tf.Tensor, { taps: names = [], ...options }: RunOptions = {}): NetworkOutputs {
    return tf.tidy(() => {
      const taps: Record<string, tf.Tensor> = {};
      const features = this.seen(this.climb(inputs, options, this.requireTaps(names), taps), inputs, options);
      return { taps, features, logits: this.head(features, options) };
    }) as NetworkOutputs;
  }

  resetHead(classes: number, seed: number): void {
    disposeOf(this.currentHead.parameters);
    this.currentHead = this.newHead(new Initialiser(seed), this.channels, classes);
    this.parameterMap = this.collectParameters();
  }

  cutAt(tap: string, seed: number): void {
    if (this.addedGroups.length > 0 || this.inserted.size > 0)
      throw new Error(`${this.name} is cut before anything is added to it`);
    this.requireTaps([tap]);
    const { classes } = this;
    this.channels = tapShapes(this, [tap])[tap]!.at(-1)!;
    const depth = this.taps.indexOf(tap);
    const kept = this.trunk.slice(0, depth + 1);
    disposeOf(stageParameters(this.trunk.slice(depth + 1)));
    this.groups = this.groups
      .map(({ name, stages }) => ({ name, stages: stages.filter((each) => kept.includes(each)) }))
      .filter(({ stages }) => stages.length > 0);
    this.resetHead(classes, seed);
  }

  insertAfter(tap: string, layer: InsertedLayer): void {
    this.requireTaps([tap]);
    this.inserted.set(tap, [...(this.inserted.get(tap) ?? []), layer]);
  }

  addGroup(name: string, parameters: readonly Parameter[]): void {
    requireNoGroup(this, name);
    this.addedGroups.push({ name, parameters });
    this.parameterMap = this.collectParameters();
  }

  removeGroup(name: string): void {
    const index = this.addedGroups.findIndex((existing) => existing.name === name);
    if (index < 0) throw new RangeError(`${this.name} has no added group '${name}'`);
    for (const { parameters } of this.addedGroups.splice(index, 1)) disposeOf(parameters);
    this.parameterMap = this.collectParameters();
  }

  dispose(): void {
    disposeOf([...this.parameters.values()]);
  }

  private get trunk(): readonly Stage[] {
    return this.groups.flatMap(({ stages }) => stages);
  }

  /** The last map; `taps` takes those of the named layers. `stop`: no further than the last of them. */
  private climb(
    inputs: tf.Tensor,
    options: ApplyOptions,
    names: readonly string[] = [],
    taps: Record<string, tf.Tensor> = {},
    stop = false,
  ): tf.Tensor {
    const { training = false, from } = options;
    const wanted = new Set(names);
    const below = from === undefined ? 0 : 1 + this.taps.indexOf(this.requireTaps([from])[0]!);
    const own = ownInput(inputs, options);
    let map = inputs;
    for (const { name, layer } of this.trunk.slice(below)) {
      if (stop && wanted.size === 0) break;
      map = layer.apply(map, training, own);
      for (const insert of this.inserted.get(name) ?? []) map = insert(map, training);
      if (wanted.delete(name)) taps[name] = map;
    }
    return map;
  }

  /** What the head sees of the last map. */
  private seen(map: tf.Tensor, inputs: tf.Tensor, options: ApplyOptions): tf.Tensor2D {
    return this.currentHead.features(map, options.training ?? false, ownInput(inputs, options));
  }

  private requireTaps(names: readonly string[]): readonly string[] {
    for (const name of names)
      if (!this.taps.includes(name))
        throw new UserError(`${this.name} has no layer called '${name}'.`, suggestNames(name, this.taps));
    return names;
  }

  private collectParameters(): ReadonlyMap<string, Parameter> {
    const parameters = [
      ...stageParameters(this.trunk),
      ...this.addedGroups.flatMap((added) => added.parameters),
      ...this.currentHead.parameters,
    ];
    const map = new Map(parameters.map((parameter) => [parameter.name, parameter]));
    if (map.size !== parameters.length) throw new Error(`${this.name} has two parameters of one name`);
    return map;
  }
}

/** A staged network whose input is an image. */
export class StagedImageNetwork extends StagedNetwork implements ImageNetwork {
  readonly preprocessing: Preprocessing;

  constructor({ preprocessing, ...parts }: Omit<StagedNetworkParts, 'input'> & { preprocessing: Preprocessing }) {
    super({ ...parts, input: imageInput(preprocessing) });
    this.preprocessing = preprocessing;
  }
}

function ownInput(inputs: tf.Tensor, { from, inputs: given }: ApplyOptions): tf.Tensor | undefined {
  return from === undefined ? inputs : given;
}

function stageParameters(stages: readonly Stage[]): Parameter[] {
  return stages.flatMap(({ layer }) => layer.parameters);
}

function disposeOf(parameters: readonly Parameter[]): void {
  for (const { variable } of parameters) variable.dispose();
}
