/**
 * The one implementation of core's `Network`: a list of named stages from the input to the last feature map, and a head.
 * A model file only has to say which stages there are; taps, layer groups and the split follow from that. What a map is
 * (that of an image, or of the words of a text) is the affair of the stages and the head.
 */
import type {
  ApplyOptions,
  ImageNetwork,
  NetworkInput,
  NetworkOutputs,
  Parameter,
  Preprocessing,
  RunOptions,
} from '@attune/core';
import { imageInput, tapShapes, tf } from '@attune/core';
import { disposeParameters, ExtensibleNetwork, type ParameterGroup } from './extensible-network.ts';
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

export class StagedNetwork extends ExtensibleNetwork {
  readonly name: string;
  readonly input: NetworkInput;
  private readonly newHead: NonNullable<StagedNetworkParts['newHead']>;
  private groups: readonly StageGroup[];
  private currentHead: Head;
  private channels: number;

  constructor(parts: StagedNetworkParts) {
    super();
    this.name = parts.name;
    this.input = parts.input;
    this.newHead = parts.newHead ?? linearHead;
    this.groups = parts.groups;
    this.channels = parts.channels;
    this.currentHead = parts.head;
    this.collectParameters();
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
    disposeParameters(this.currentHead.parameters);
    this.currentHead = this.newHead(new Initialiser(seed), this.channels, classes);
    this.collectParameters();
  }

  cutAt(tap: string, seed: number): void {
    this.requireNothingAdded();
    this.requireTaps([tap]);
    const { classes } = this;
    this.channels = tapShapes(this, [tap])[tap]!.at(-1)!;
    const depth = this.taps.indexOf(tap);
    const kept = this.trunk.slice(0, depth + 1);
    disposeParameters(stageParameters(this.trunk.slice(depth + 1)));
    this.groups = this.groups
      .map(({ name, stages }) => ({ name, stages: stages.filter((each) => kept.includes(each)) }))
      .filter(({ stages }) => stages.length > 0);
    this.resetHead(classes, seed);
  }

  protected trunkGroups(): readonly ParameterGroup[] {
    return this.groups.map(({ name, stages }) => ({ name, parameters: stageParameters(stages) }));
  }

  protected headParameters(): readonly Parameter[] {
    return this.currentHead.parameters;
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
      for (const insert of this.insertedAfter(name)) map = insert(map, training);
      if (wanted.delete(name)) taps[name] = map;
    }
    return map;
  }

  /** What the head sees of the last map. */
  private seen(map: tf.Tensor, inputs: tf.Tensor, options: ApplyOptions): tf.Tensor2D {
    return this.currentHead.features(map, options.training ?? false, ownInput(inputs, options));
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
