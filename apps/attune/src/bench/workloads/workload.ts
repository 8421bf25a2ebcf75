/** What the benchmark runs: one step of training or inference, the same in every framework. */
import {
  adamw,
  type CompiledStep,
  compileStep,
  disposeState,
  type MovingParameter,
  tf,
  valueAndGradients,
} from '@attune/core';

/** A workload that is ready to run on the current backend. */
export interface Step {
  /** Runs one step to its end and gives its number: the loss, or what stands for the result. */
  run(): Promise<number>;
  dispose(): void;
}

export interface Workload {
  readonly name: string;
  /** One line: network, batch, what a step is. */
  readonly description: string;
  /** Floating-point operations of the matrix products and convolutions in one step; element-wise work is not counted. */
  readonly flops: number;
  build(): Step;
}

/** Weights with He's scale from a fixed seed; all workloads draw their data the same way. */
export class Weights {
  readonly parameters: MovingParameter[] = [];
  private seed = 1;

  /** A normal draw of the given standard deviation. */
  draw(shape: number[], deviation = 1): tf.Tensor {
    return tf.tidy(() => tf.mul(tf.randomNormal(shape, 0, 1, 'float32', this.seed++), deviation));
  }

  weight(shape: number[], fanIn: number): tf.Variable {
    return this.add(this.draw(shape, Math.sqrt(2 / fanIn)), 'weight');
  }

  constant(shape: number[], value: number): tf.Variable {
    return this.add(tf.fill(shape, value), 'bias');
  }

  /** Integers in [0, below). */
  integers(shape: number[], below: number): tf.Tensor {
    return tf.tidy(() => tf.cast(tf.floor(tf.randomUniform(shape, 0, below, 'float32', this.seed++)), 'int32'));
  }

  private add(initial: tf.Tensor, role: 'weight' | 'bias'): tf.Variable {
    const variable = tf.variable(initial);
    initial.dispose();
    this.parameters.push({ name: `p${this.parameters.length}`, role, group: 'all', rate: 1, variable });
    return variable;
  }

  dispose(): void {
    for (const { variable } of this.parameters) variable.dispose();
  }
}

/** A training step with Adam at rate 1e-3 on fixed data. The data is fed at each step, as a training loop does. */
export function trainingStep(weights: Weights, data: tf.Tensor[], loss: (...data: tf.Tensor[]) => tf.Scalar): Step {
  return trainingStepOf(weights.parameters, data, loss, () => weights.dispose());
}

export function trainingStepOf(
  parameters: readonly MovingParameter[],
  data: tf.Tensor[],
  loss: (...data: tf.Tensor[]) => tf.Scalar,
  disposeParameters: () => void,
): Step {
  const optimizer = adamw({ weightDecay: 0 });
  const state = optimizer.init(parameters);
  const rate = tf.scalar(1e-3);
  const step = compileStep(
    (learningRate: tf.Scalar, ...batch: tf.Tensor[]) => {
      const { value, gradients } = valueAndGradients(parameters, () => loss(...batch));
      optimizer.update({ parameters, gradients, state, learningRate });
      return value;
    },
    { name: 'training step', ...profiling() },
  );
  return {
    run: () => read(step as CompiledStep<readonly tf.Tensor[], tf.Tensor>, [rate, ...data]),
    dispose() {
      step.dispose();
      disposeState(state);
      disposeParameters();
      tf.dispose([rate, ...data]);
    },
  };
}

/** A step without state, such as inference with frozen weights. */
export function inferenceStep(data: tf.Tensor[], fn: (...data: tf.Tensor[]) => tf.Tensor, dispose: () => void): Step {
  const step = compileStep((...batch: tf.Tensor[]) => fn(...batch), { name: 'inference step', ...profiling() });
  return {
    run: () => read(step as CompiledStep<readonly tf.Tensor[], tf.Tensor>, data),
    dispose() {
      step.dispose();
      dispose();
      tf.dispose(data);
    },
  };
}

/** ATTUNE_PROFILE is the prefix of files for ONNX Runtime's profiles of the steps. */
function profiling(): { profilePrefix?: string } {
  const prefix = process.env.ATTUNE_PROFILE;
  return prefix === undefined ? {} : { profilePrefix: prefix };
}

async function read(
  step: CompiledStep<readonly tf.Tensor[], tf.Tensor>,
  inputs: readonly tf.Tensor[],
): Promise<number> {
  const result = await step.run(...inputs);
  const [value] = await result.data();
  result.dispose();
  return value!;
}

/** Mean cross entropy of logits [N, classes] and class indices [N]. */
export function crossEntropy(logits: tf.Tensor, labels: tf.Tensor): tf.Scalar {
  const classes = logits.shape[1]!;
  const picked = tf.sum(tf.mul(tf.logSoftmax(logits), tf.oneHot(labels as tf.Tensor1D, classes)), 1);
  return tf.neg(tf.mean(picked)) as tf.Scalar;
}

/** Multiply-adds count as two operations. */
export const products = (rows: number, inner: number, columns: number): number => 2 * rows * inner * columns;
