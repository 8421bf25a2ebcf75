/**
 * The one implementation of core's `Network`: a list of named stages from the input to the last feature map, and a head.
 * A model file only has to say which stages there are; taps, layer groups and the split follow from that.
 */
import type { ApplyOptions, LayerGroup, Network, Parameter, Preprocessing } from '@attune/core';
import { suggestNames, tf, UserError } from '@attune/core';
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

export class StagedNetwork implements Network {
  readonly name: string;
  readonly preprocessing: Preprocessing;
  readonly taps: readonly string[];
  private readonly trunk: readonly Stage[];
  private readonly trunkGroups: readonly LayerGroup[];
  private readonly trunkParameters: readonly Parameter[];
  private readonly channels: number;
  private currentHead: Head;
  private parameterMap: ReadonlyMap<string, Parameter>;

  constructor(parts: StagedNetworkParts) {
    this.name = parts.name;
    this.preprocessing = parts.preprocessing;
    this.channels = parts.channels;
    this.trunk = parts.groups.flatMap(({ stages }) => stages);
    this.taps = this.trunk.map(({ name }) => name);
    this.trunkParameters = this.trunk.flatMap(({ layer }) => layer.parameters);
    this.trunkGroups = parts.groups.map(({ name, stages }) => ({
      name,
      parameters: stages.flatMap(({ layer }) => layer.parameters.map((parameter) => parameter.name)),
    }));
    this.currentHead = parts.head;
    this.parameterMap = this.collectParameters();
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
    return [...this.trunkGroups, { name: 'head', parameters: this.currentHead.parameters.map(({ name }) => name) }];
  }

  apply(images: tf.Tensor4D, options: ApplyOptions = {}): tf.Tensor2D {
    return tf.tidy(() => this.head(this.features(images, options)));
  }

  features(images: tf.Tensor4D, options: ApplyOptions = {}): tf.Tensor2D {
    return tf.tidy(() => {
      const training = options.training ?? false;
      const map = this.trunk.reduce((x, { layer }) => layer.apply(x, training), images);
      return this.currentHead.features(map);
    });
  }

  head(features: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => this.currentHead.logits(features));
  }

  tap(images: tf.Tensor4D, names: readonly string[], options: ApplyOptions = {}): Record<string, tf.Tensor> {
    for (const name of names)
      if (!this.taps.includes(name))
        throw new UserError(`${this.name} has no layer called '${name}'.`, suggestNames(name, this.taps));
    return tf.tidy(() => {
      const wanted = new Set(names);
      const outputs: Record<string, tf.Tensor> = {};
      let map = images;
      for (const { name, layer } of this.trunk) {
        if (wanted.size === 0) break;
        map = layer.apply(map, options.training ?? false);
        if (wanted.delete(name)) outputs[name] = map;
      }
      return outputs;
    });
  }

  resetHead(classes: number, seed: number): void {
    for (const { variable } of this.currentHead.parameters) variable.dispose();
    this.currentHead = linearHead(new Initialiser(seed), this.channels, classes);
    this.parameterMap = this.collectParameters();
  }

  dispose(): void {
    for (const { variable } of this.parameters.values()) variable.dispose();
  }

  private collectParameters(): ReadonlyMap<string, Parameter> {
    const parameters = [...this.trunkParameters, ...this.currentHead.parameters];
    const map = new Map(parameters.map((parameter) => [parameter.name, parameter]));
    if (map.size !== parameters.length) throw new Error(`${this.name} has two parameters of one name`);
    return map;
  }
}
