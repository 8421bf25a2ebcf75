/**
 * LoRA: a frozen matrix W [inputs, outputs] is read as W + (alpha / rank) A B, with A [inputs, rank] drawn at random and
 * B [rank, outputs] zero, so that training starts from the source exactly. Hu et al. 2021, arXiv:2106.09685. A convolution's
 * kernel [rows, columns, inputs, outputs] is such a matrix of rows x columns x inputs rows.
 */
import { UserError } from '../../errors.ts';
import type { Network, Parameter } from '../../network.ts';
import { Random } from '../../random.ts';
import { tf } from '../../tensorflow.ts';
import type { TensorToWrite } from '../../weights/safetensors.ts';
import { assignValues, type SourceTensors } from '../carry.ts';
import { headGroup, requireNoGroup } from '../groups.ts';
import { matchesAny } from '../patterns.ts';

export const LORA_GROUP = 'lora';

export interface LoraSettings {
  /** Columns of A, rows of B: at most the smaller side of every matrix that is adapted. */
  readonly rank: number;
  /** The product is multiplied by alpha / rank. */
  readonly alpha: number;
  /** Patterns of the source's parameter names, `*` for anything. Default: all its matrices below the head but depthwise kernels. */
  readonly targets?: readonly string[];
}

/** What was added to one matrix. */
interface LowRankUpdate {
  readonly target: Parameter;
  readonly a: Parameter;
  readonly b: Parameter;
  /** The target's own values, while the product is merged into them. */
  original: tf.Tensor | undefined;
}

/** Adds LoRA to a network, as the layer group `lora`. The matrices themselves are to stay frozen. */
export class Lora {
  private readonly updates: LowRankUpdate[];
  private readonly scale: number;

  /**
   * @param seed Fixes A.
   * @throws UserError when no parameter is meant, the rank is above a matrix's smaller side, or the network has LoRA.
   */
  constructor(
    private readonly network: Network,
    readonly settings: LoraSettings,
    seed: number,
  ) {
    const { rank, alpha, targets } = settings;
    requireNoGroup(network, LORA_GROUP);
    this.scale = alpha / rank;
    const random = Random.fromSeed(seed).fork('lora');
    const meant = loraTargets(network, targets);
    for (const target of meant) requireRank(network, target, rank);
    this.updates = meant.map((target) => {
      const { name } = target;
      const [inputs, outputs] = matrixShape(target);
      const draws = random.fork(name);
      // Kaiming's uniform distribution with a slope of sqrt(5), as the authors draw A: +- 1 / sqrt(inputs).
      const bound = 1 / Math.sqrt(inputs);
      const values = Float32Array.from({ length: inputs * rank }, () => draws.uniform(-bound, bound));
      const a = newParameter(`${name}.lora_a`, values, [inputs, rank]);
      const b = newParameter(`${name}.lora_b`, new Float32Array(rank * outputs), [rank, outputs]);
      return { target, a, b, original: undefined };
    });
    network.addGroup(
      LORA_GROUP,
      this.updates.flatMap(({ a, b }) => [a, b]),
    );
    for (const update of this.updates) update.target.delta = () => this.product(update);
  }

  /**
   * Writes W + (alpha / rank) A B into every matrix; the network computes the same, without the products. Until `unmerge`
   * or `mergeAndRemove` the matrices' own values are kept in memory too.
   */
  merge(): void {
    for (const update of this.updates) {
      const { target } = update;
      if (update.original !== undefined) continue;
      target.delta = undefined;
      update.original = tf.keep(target.variable.clone());
      tf.tidy(() => target.variable.assign(tf.add(target.variable, this.product(update))));
    }
  }

  /** Takes `merge` back: the matrices hold the very values that they had. */
  unmerge(): void {
    for (const update of this.updates) {
      if (update.original === undefined) continue;
      update.target.variable.assign(update.original);
      update.original.dispose();
      update.original = undefined;
      update.target.delta = () => this.product(update);
    }
  }

  /** Merges for good: the group is taken out of the network, and this is not to be used again. */
  mergeAndRemove(): void {
    this.merge();
    for (const { original } of this.updates) original?.dispose();
    this.updates.length = 0;
    this.network.removeGroup(LORA_GROUP);
  }

  /** A and B of every matrix, to be written as a small file of their own. */
  async tensors(): Promise<[string, TensorToWrite][]> {
    const tensors: [string, TensorToWrite][] = [];
    for (const { a, b } of this.updates)
      for (const { name, variable } of [a, b])
        tensors.push([name, { shape: variable.shape, data: Float32Array.from(await variable.data()) }]);
    return tensors;
  }

  /**
   * Puts values of `tensors` back. All is checked before the first is changed. They must not be merged now.
   * @param source What the tensors are of, in messages.
   * @throws UserError when one is missing, of another shape, or of no matrix that is adapted here.
   */
  load(tensors: SourceTensors, source: string): void {
    const pairs = this.updates.flatMap(({ a, b }) => [a, b]);
    const hint = 'Give the LoRA file of this network, with its rank and targets.';
    for (const { name, variable } of pairs)
      if (tensors.get(name)?.shape.join() !== variable.shape.join())
        throw new UserError(`${source} has no '${name}' of shape [${variable.shape.join(', ')}].`, hint);
    const names = new Set(pairs.map(({ name }) => name));
    for (const name of tensors.keys())
      if (!names.has(name)) throw new UserError(`${source} has '${name}', which is not adapted here.`, hint);
    for (const { name, variable } of pairs) assignValues(variable, tensors.get(name)!.data);
  }

  private product({ target, a, b }: LowRankUpdate): tf.Tensor {
    const product = tf.matMul(a.variable as tf.Variable<tf.Rank.R2>, b.variable as tf.Variable<tf.Rank.R2>);
    return tf.reshape(tf.mul(product, this.scale), target.variable.shape);
  }
}

/** The parameters that LoRA would adapt. @throws UserError when the patterns, or the default, mean none. */
export function loraTargets(network: Network, patterns?: readonly string[]): Parameter[] {
  // What was added reads its variables as they are, and has no source to stay near to.
  const others = new Set(
    [...network.layerGroups.filter((group) => group.added), headGroup(network)].flatMap((group) => group.parameters),
  );
  const matrices = [...network.parameters.values()].filter(
    ({ name, role, variable }) => role === 'weight' && variable.rank >= 2 && !others.has(name),
  );
  const targets = matrices.filter((parameter) =>
    patterns === undefined ? !isDepthwise(parameter) : matchesAny(parameter.name, patterns),
  );
  if (targets.length > 0) return targets;
  throw new UserError(
    `No weight of ${network.name} below its head matches ${patterns === undefined ? 'LoRA' : `'${patterns.join("', '")}'`}.`,
    `Its weights are, for example, ${matrices
      .slice(0, 3)
      .map(({ name }) => name)
      .join(', ')}; a pattern may hold *.`,
  );
}

/** A kernel as a matrix [inputs, outputs]; a depthwise one [rows, columns, channels, 1] has a column a channel. */
function matrixShape(parameter: Parameter): [inputs: number, outputs: number] {
  const { shape, size } = parameter.variable;
  const outputs = isDepthwise(parameter) ? shape.at(-2)! : shape.at(-1)!;
  return [size / outputs, outputs];
}

function isDepthwise({ variable: { rank, shape } }: Parameter): boolean {
  return rank === 4 && shape[3] === 1 && shape[2]! > 1;
}

function requireRank(network: Network, target: Parameter, rank: number): void {
  const [inputs, outputs] = matrixShape(target);
  const most = Math.min(inputs, outputs);
  if (rank > most)
    throw new UserError(
      `LoRA of rank ${rank} is wider than ${target.name} of ${network.name}, which is ${inputs} x ${outputs}.`,
      `Take a rank of at most ${most}, or leave that layer out by targets.`,
    );
}

function newParameter(name: string, values: Float32Array, shape: [number, number]): Parameter {
  return { name, role: 'weight', variable: tf.tidy(() => tf.variable(tf.tensor(values, shape))) };
}
