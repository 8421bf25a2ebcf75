/** The two steps of training: one that moves parameters, and one that only looks. */
import { crossEntropies, weightedMean } from '../losses.ts';
import type { Network } from '../network.ts';
import { clipByGlobalNorm } from '../optim/clip.ts';
import { type MovingParameter, type Optimizer, type OptimizerState, valueAndGradients } from '../optim/optimizer.ts';
import { type CompiledStep, compileStep } from '../step.ts';
import { tf } from '../tensorflow.ts';
import { headGroup } from '../transfer/groups.ts';
import type { Penalty } from '../transfer/held.ts';

/** What a batch goes through: the whole network, or, when batches hold its features, the head alone. */
export type Forward = 'network' | 'head';

export interface TrainingStepOptions {
  readonly network: Network;
  readonly forward: Forward;
  /** What moves. With other parameters another step must be made. */
  readonly parameters: readonly MovingParameter[];
  readonly optimizer: Optimizer;
  readonly state: OptimizerState;
  readonly penalty: Penalty;
  readonly labelSmoothing: number;
  /** Greatest joint norm of the gradients; undefined: any. */
  readonly clipNorm: number | undefined;
}

type TrainingInputs = [inputs: tf.Tensor, targets: tf.Tensor2D, weights: tf.Tensor1D, learningRate: tf.Scalar];

interface Outcome {
  /** Cross-entropy of each example in nats, [N]. */
  readonly losses: tf.Tensor1D;
  /** Most likely class of each example, [N], int32. */
  readonly predictions: tf.Tensor1D;
}

/** `loss` is what was minimised, a scalar: smoothing and penalties included. */
interface TrainingOutcome extends Outcome {
  readonly loss: tf.Scalar;
}

export type TrainingStep = CompiledStep<TrainingInputs, { [Name in keyof TrainingOutcome]: TrainingOutcome[Name] }>;
export type EvaluationStep = CompiledStep<
  [inputs: tf.Tensor, targets: tf.Tensor2D],
  { [Name in keyof Outcome]: Outcome[Name] }
>;

export function trainingStep(options: TrainingStepOptions): TrainingStep {
  const { network, forward, parameters, optimizer, state, penalty, labelSmoothing, clipNorm } = options;
  const head = headGroup(network).name;
  const headAlone = parameters.every(({ group }) => group === head);
  return compileStep(
    (inputs: tf.Tensor, targets: tf.Tensor2D, weights: tf.Tensor1D, learningRate: tf.Scalar) => {
      // Nothing below the head moves: the trunk runs as in inference, outside of what is differentiated.
      const features =
        forward === 'head'
          ? (inputs as tf.Tensor2D)
          : headAlone
            ? network.features(inputs as tf.Tensor4D, { training: false })
            : undefined;
      // Set inside the differentiated function, which disposes of all other tensors when it ends: hence `keep`.
      let outcome: Outcome | undefined;
      const { value, gradients } = valueAndGradients(parameters, () => {
        const { taps, logits } =
          features === undefined
            ? network.run(inputs as tf.Tensor4D, { taps: penalty.taps, training: true })
            : { taps: {}, logits: network.head(features, { training: true }) };
        const losses = crossEntropies({ logits, targets, labelSmoothing });
        outcome = { losses: tf.keep(losses), predictions: tf.keep(tf.argMax(logits, 1)) };
        const loss = weightedMean(losses, weights);
        const held = penalty.value({ parameters, inputs, weights, tuned: { taps, logits } });
        return held === undefined ? loss : tf.add(loss, held);
      });
      const clipped = clipNorm === undefined ? gradients : clipByGlobalNorm(gradients, clipNorm).gradients;
      optimizer.update({ parameters, gradients: clipped, state, learningRate });
      return { ...released(outcome!), loss: value };
    },
    { name: 'train' },
  );
}

/** The same tensors, owned by the step's scope again: a step must not return what is kept. */
function released({ losses, predictions }: Outcome): Outcome {
  const own = { losses: tf.clone(losses), predictions: tf.clone(predictions) };
  tf.dispose([losses, predictions]);
  return own;
}

export function evaluationStep(network: Network, forward: Forward): EvaluationStep {
  return compileStep(
    (inputs: tf.Tensor, targets: tf.Tensor2D) => {
      const logits = forward === 'head' ? network.head(inputs as tf.Tensor2D) : network.apply(inputs as tf.Tensor4D);
      return { losses: crossEntropies({ logits, targets }), predictions: tf.argMax(logits, 1) as tf.Tensor1D };
    },
    { name: 'evaluate' },
  );
}
