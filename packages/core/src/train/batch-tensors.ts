/** Batches as tensors of one size, so that a compiled step is traced once for each shape of an example. */
import { tf } from '../tensorflow.ts';
import { type Batch, type InputValues, newLike } from './data.ts';
import type { LossName } from './objective.ts';

export interface BatchTensors {
  /** [size, ...shape]; int32 where the batch holds integers. */
  readonly inputs: tf.Tensor;
  /** [size, classes]; for the next-token loss the tokens' numbers [size, T], int32. */
  readonly targets: tf.Tensor2D;
  /**
   * [size]: 1 for an example, or its class's weight; 0 for padding. For the next-token loss [size T]: 1 for a place that has a
   * token to be named.
   */
  readonly weights: tf.Tensor1D;
}

export interface BatchTensorsOptions {
  /** Weight of each class; an example with a distribution as its target has the mean under it. Default: 1 for all. */
  readonly classWeights?: readonly number[] | undefined;
  /** For sigmoid the batch must have targets, for next-token tokens. Default `softmax`. */
  readonly loss?: LossName;
}

/**
 * A batch of N examples as tensors of `size` examples. What is missing is padded by repeating the examples with weight 0:
 * so normalisation layers still see statistics of real examples. The caller disposes of the tensors.
 * @throws RangeError when the batch's lengths do not agree or a label is not a class.
 */
export function batchTensors(
  batch: Batch,
  size: number,
  classes: number,
  { classWeights, loss = 'softmax' }: BatchTensorsOptions = {},
): BatchTensors {
  const count = batch.labels.length;
  const stride = batch.shape.reduce((product, length) => product * length, 1);
  if (count < 1 || count > size) throw new RangeError(`a batch of ${count} examples, and the batch size is ${size}`);
  if (batch.inputs.length !== count * stride)
    throw new RangeError(
      `a batch of ${count} examples of shape [${batch.shape.join(', ')}] has ${batch.inputs.length} values`,
    );
  const inputs = () => tf.tensor(repeatTo(batch.inputs, size * stride), [size, ...batch.shape], dtypeOf(batch.inputs));
  if (loss === 'next-token') return { ...tokenTensors(batch, size, classes), inputs: inputs() };
  if (loss === 'sigmoid' && batch.targets === undefined)
    throw new RangeError('with the sigmoid loss a batch needs targets [N, classes], and this one has labels alone');
  const targets = batch.targets ?? oneHot(batch.labels, classes);
  if (targets.length !== count * classes)
    throw new RangeError(`a batch of ${count} examples and ${classes} classes has ${targets.length} targets`);
  const weight = (example: number) =>
    classWeights?.reduce((sum, weight, label) => sum + weight * targets[example * classes + label]!, 0) ?? 1;
  return {
    inputs: inputs(),
    targets: tf.tensor2d(repeatTo(targets, size * classes), [size, classes]),
    weights: tf.tensor1d(Float32Array.from({ length: size }, (_, i) => (i < count ? weight(i) : 0))),
  };
}

function tokenTensors({ labels, tokens }: Batch, size: number, classes: number): Omit<BatchTensors, 'inputs'> {
  const count = labels.length;
  const places = (tokens?.length ?? Number.NaN) / count;
  if (tokens === undefined || !Number.isInteger(places))
    throw new RangeError(
      `with the next-token loss a batch needs tokens [N, T], and this one of ${count} examples has ${tokens?.length ?? 'none'}`,
    );
  const wrong = tokens.find((token) => !(token >= -1 && token < classes));
  if (wrong !== undefined) throw new RangeError(`token ${wrong} is not in 0..${classes - 1}, and not -1 for none`);
  const weights = new Float32Array(size * places);
  weights.set(Float32Array.from(tokens, (token) => (token < 0 ? 0 : 1)));
  return {
    targets: tf.tensor2d(repeatTo(tokens, size * places), [size, places], 'int32'),
    weights: tf.tensor1d(weights),
  };
}

function oneHot(labels: Int32Array, classes: number): Float32Array {
  const targets = new Float32Array(labels.length * classes);
  labels.forEach((label, i) => {
    if (!(label >= 0 && label < classes)) throw new RangeError(`label ${label} is not in 0..${classes - 1}`);
    targets[i * classes + label] = 1;
  });
  return targets;
}

function dtypeOf(values: InputValues): 'float32' | 'int32' {
  return values instanceof Int32Array ? 'int32' : 'float32';
}

function repeatTo<Values extends InputValues>(values: Values, length: number): Values {
  if (values.length === length) return values;
  const repeated = newLike(values, length);
  for (let start = 0; start < length; start += values.length)
    repeated.set(values.subarray(0, Math.min(values.length, length - start)), start);
  return repeated;
}
