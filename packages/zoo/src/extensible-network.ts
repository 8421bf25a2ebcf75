/** What every trainable network does alike: it keeps its parameters by name, and lets layers and groups be added to it. */
import type {
  ApplyOptions,
  InsertedLayer,
  LayerGroup,
  Network,
  NetworkInput,
  NetworkOutputs,
  Parameter,
  RunOptions,
} from '@attune/core';
import { requireNoGroup, suggestNames, tf, UserError } from '@attune/core';

export interface ParameterGroup {
  readonly name: string;
  readonly parameters: readonly Parameter[];
}

/** Its parameters are those of `trunkGroups`, of the groups that were added, and of `headParameters`, in that order. */
export abstract class ExtensibleNetwork implements Network {
  abstract readonly name: string;
  abstract readonly input: NetworkInput;
  abstract readonly classes: number;
  abstract readonly featureSize: number;
  abstract readonly taps: readonly string[];
  private readonly inserted = new Map<string, InsertedLayer[]>();
  private readonly addedGroups: ParameterGroup[] = [];
  private parameterMap: ReadonlyMap<string, Parameter> = new Map();

  protected abstract trunkGroups(): readonly ParameterGroup[];
  protected abstract headParameters(): readonly Parameter[];

  abstract features(inputs: tf.Tensor, options?: ApplyOptions): tf.Tensor2D;
  abstract head(features: tf.Tensor2D, options?: ApplyOptions): tf.Tensor2D;
  abstract tap(inputs: tf.Tensor, names: readonly string[], options?: ApplyOptions): Record<string, tf.Tensor>;
  abstract run(inputs: tf.Tensor, options?: RunOptions): NetworkOutputs;
  abstract resetHead(classes: number, seed: number): void;
  abstract cutAt(tap: string, seed: number): void;

  get parameters(): ReadonlyMap<string, Parameter> {
    return this.parameterMap;
  }

  get layerGroups(): readonly LayerGroup[] {
    const described = ({ name, parameters }: ParameterGroup) => ({ name, parameters: parameters.map((p) => p.name) });
    return [
      ...this.trunkGroups().map(described),
      ...this.addedGroups.map((group) => ({ ...described(group), added: true as const })),
      described({ name: 'head', parameters: this.headParameters() }),
    ];
  }

  apply(inputs: tf.Tensor, options: ApplyOptions = {}): tf.Tensor2D {
    return tf.tidy(() => this.head(this.features(inputs, options), options));
  }

  insertAfter(tap: string, layer: InsertedLayer): void {
    this.requireTaps([tap], this.insertable);
    this.inserted.set(tap, [...this.insertedAfter(tap), layer]);
  }

  addGroup(name: string, parameters: readonly Parameter[]): void {
    requireNoGroup(this, name);
    this.addedGroups.push({ name, parameters });
    this.collectParameters();
  }

  removeGroup(name: string): void {
    const index = this.addedGroups.findIndex((existing) => existing.name === name);
    if (index < 0) throw new RangeError(`${this.name} has no added group '${name}'`);
    for (const { parameters } of this.addedGroups.splice(index, 1)) disposeParameters(parameters);
    this.collectParameters();
  }

  dispose(): void {
    disposeParameters([...this.parameters.values()]);
  }

  /** Names behind which layers may be put. */
  protected get insertable(): readonly string[] {
    return this.taps;
  }

  protected insertedAfter(name: string): readonly InsertedLayer[] {
    return this.inserted.get(name) ?? [];
  }

  /** @throws Error once something was added. */
  protected requireNothingAdded(): void {
    if (this.addedGroups.length > 0 || this.inserted.size > 0)
      throw new Error(`${this.name} is cut before anything is added to it`);
  }

  /** The names, all of which are among `known`. */
  protected requireTaps(names: readonly string[], known: readonly string[] = this.taps): readonly string[] {
    for (const name of names)
      if (!known.includes(name))
        throw new UserError(`${this.name} has no layer called '${name}'.`, suggestNames(name, this.taps));
    return names;
  }

  /** To be called whenever the trunk or the head is another one. */
  protected collectParameters(): void {
    const trunk = this.trunkGroups().flatMap(({ parameters }) => parameters);
    const added = this.addedGroups.flatMap(({ parameters }) => parameters);
    const all = [...trunk, ...added, ...this.headParameters()];
    this.parameterMap = new Map(all.map((parameter) => [parameter.name, parameter]));
    if (this.parameterMap.size !== all.length) throw new Error(`${this.name} has two parameters of one name`);
  }
}

export function disposeParameters(parameters: readonly Parameter[]): void {
  for (const { variable } of parameters) variable.dispose();
}
