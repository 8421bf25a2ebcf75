/** Workloads of model-based control: training the dynamics network, and one planning decision with it. */
import { tf } from '@attune/core';
import { inferenceStep, products, trainingStep, Weights, type Workload } from './workload.ts';

const SIZES = [26, 500, 500, 20];
const STATE = 20;
const HORIZON = 20;
const CANDIDATES = 1000;

function dynamics(w: Weights): (x: tf.Tensor) => tf.Tensor {
  const layers = SIZES.slice(1).map((to, i) => ({
    weight: w.weight([SIZES[i]!, to], SIZES[i]!),
    bias: w.constant([to], 0),
  }));
  return (input) =>
    layers.reduce((x, { weight, bias }, i) => {
      const y = tf.add(tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D), bias);
      return i < layers.length - 1 ? tf.relu(y) : y;
    }, input);
}

const perExample = SIZES.slice(1).reduce((sum, to, i) => sum + products(1, SIZES[i]!, to), 0);

export const mlpTrain: Workload = {
  name: 'mlp_train',
  description: 'dynamics network 26-500-500-20, batch 512, squared error: training step with Adam',
  flops: 3 * 512 * perExample,
  build() {
    const w = new Weights();
    const network = dynamics(w);
    const data = [w.draw([512, 26]), w.draw([512, 20])];
    return trainingStep(w, data, (x, y) => tf.mean(tf.squaredDifference(network(x!), y!)) as tf.Scalar);
  },
};

export const mpcRollout: Workload = {
  name: 'mpc_rollout',
  description: `one random-shooting decision: ${CANDIDATES} sequences of 6 actions, horizon ${HORIZON}, the same network`,
  flops: HORIZON * CANDIDATES * perExample,
  build() {
    const w = new Weights();
    const network = dynamics(w);
    for (const { variable } of w.parameters) variable.trainable = false;
    const start = w.draw([STATE]);
    const actions = tf.randomUniform([HORIZON, CANDIDATES, 6], -1, 1, 'float32', 9);
    return inferenceStep(
      [start, actions],
      (state0, plan) => {
        let state: tf.Tensor = tf.tile(tf.reshape(state0!, [1, STATE]), [CANDIDATES, 1]);
        let total: tf.Tensor = tf.zeros([CANDIDATES]);
        for (const action of tf.unstack(plan!)) {
          state = tf.add(state, network(tf.concat([state, action], 1)));
          const progress = tf.reshape(tf.slice(state, [0, 0], [-1, 1]), [CANDIDATES]);
          total = tf.add(total, tf.sub(progress, tf.mul(tf.sum(tf.square(action), 1), 0.05)));
        }
        return tf.argMax(total);
      },
      () => w.dispose(),
    );
  },
};
