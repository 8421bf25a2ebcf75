/**
 * The one implementation of core's `Network`: a list of named stages from the input to the last feature map, and a head.
 * A model file only has to say which stages there are; taps, layer groups and the split follow from that.
 */
import type {
  ApplyOptions,
  ImageNetwork,
  InsertedLayer,
  LayerGroup,
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
import type { Layer } from './layers/layer.ts';

/** A named piece of a trunk; its output may be tapped. */
export interface Stage {
  readonly name: string;
  readonly layer: Layer;
}

/** Stages whose parameters are frozen, thawed or given a rate together. */
export interface StageGroup {
  readonly name: string;
  readonly stages: readonly Stage[];
}

export interface StagedNetworkParts {
  readonly name: string;
  readonly preprocessing: Preprocessing;
  readonly groups: readonly StageGroup[];
  /** Channels of the last map, and so the features that a linear head sees. */
  readonly channels: number;
  readonly head: Head;
}

export function stage(name: string, layer: Layer): Stage {
  return { name, layer };
}

export function group(name: string, ...stages: readonly Stage[]): StageGroup {
  return { name, stages };
}

interface ParameterGroup {
  readonly name: string;
  readonly parameters: readonly Parameter[];
}

export class StagedNetwork implements ImageNetwork {
  readonly name: string;
  readonly preprocessing: Preprocessing;
  private groups: readonly StageGroup[];
  /** What was put behind stages, by their names. */
  private readonly inserted = new Map<string, InsertedLayer[]>();
  private readonly addedGroups: ParameterGroup[] = [];
  private currentHead: Head;
  private channels: number;
  private parameterMap: ReadonlyMap<string, Parameter>;

  constructor(parts: StagedNetworkParts) {
    this.name = parts.name;
    this.preprocessing = parts.preprocessing;
    this.groups = parts.groups;
    this.channels = parts.channels;
    this.currentHead = parts.head;
    this.parameterMap = this.collectParameters();
  }

  get input(): NetworkInput {
    return imageInput(this.preprocessing);
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

  apply(images: tf.Tensor4D, options: ApplyOptions = {}): tf.Tensor2D {
    return tf.tidy(() => this.head(this.features(images, options)));
  }

  features(images: tf.Tensor4D, options: ApplyOptions = {}): tf.Tensor2D {
    return tf.tidy(() => this.currentHead.features(this.climb(images, options)));
  }

  head(features: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => this.currentHead.logits(features));
  }

  tap(images: tf.Tensor4D, names: readonly string[], options: ApplyOptions = {}): Record<string, tf.Tensor> {
    return tf.tidy(() => {
      const taps: Record<string, tf.Tensor> = {};
      this.climb(images, options, this.requireTaps(names), taps, true);
      return taps;
    });
  }

  run(images: tf.Tensor4D, { taps: names = [], ...options }: RunOptions = {}): NetworkOutputs {
    return tf.tidy(() => {
      const taps: Record<string, tf.Tensor> = {};
      const features = this.currentHead.features(this.climb(images, options, this.requireTaps(names), taps));
      return { taps, features, logits: this.currentHead.logits(features) };
    }) as NetworkOutputs;
  }

  resetHead(classes: number, seed: number): void {
    disposeOf(this.currentHead.parameters);
    this.currentHead = linearHead(new Initialiser(seed), this.channels, classes);
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
    images: tf.Tensor4D,
    { training = false, from }: ApplyOptions,
    names: readonly string[] = [],
    taps: Record<string, tf.Tensor> = {},
    stop = false,
  ): tf.Tensor4D {
    const wanted = new Set(names);
    const below = from === undefined ? 0 : 1 + this.taps.indexOf(this.requireTaps([from])[0]!);
    let map = images;
    for (const { name, layer } of this.trunk.slice(below)) {
      if (stop && wanted.size === 0) break;
      map = layer.apply(map, training);
      for (const insert of this.inserted.get(name) ?? []) map = insert(map, training) as tf.Tensor4D;
      if (wanted.delete(name)) taps[name] = map;
    }
    return map;
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

function stageParameters(stages: readonly Stage[]): Parameter[] {
  return stages.flatMap(({ layer }) => layer.parameters);
}

function disposeOf(parameters: readonly Parameter[]): void {
  for (const { variable } of parameters) variable.dispose();
}
