/**
 * Long short-term memory: Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000 and its bias of 1 at the
 * start (Jozefowicz et al. 2015, "An Empirical Exploration of Recurrent Network Architectures"). Of each step's gates
 *
 *   i, f, g, o = x W_x + h W_h + b,   c <- sigma(f) c + sigma(i) tanh(g),   h <- sigma(o) tanh(c)
 *
 * the input's share is one product for all steps. The steps are written out: a compiled step of one length has no loop. A model
 * for texts of any length cannot have them, and takes an operator in their place.
 */
import { lstmStates, parameterValue, tf } from '@attune/core';
import type { Initialiser, TrunkLayer } from '@attune/zoo';
import { realWords } from './real-words.ts';

/**
 * A layer's states after each word [T, N, H], zeros past a text's end, of `x` [T, N, E], the layer's parameters and the texts'
 * `lengths` [N], int32, of at least 1.
 */
export type LstmOperator = (
  tensors: Readonly<Record<'x' | 'input' | 'hidden' | 'bias' | 'lengths', tf.Tensor>>,
  backwards: boolean,
) => tf.Tensor;

let operator: LstmOperator | undefined;

/** What `pass` gives, where layers run by the operator and not step by step: for an export, whose length is open. */
export function withLstmOperator<T>(given: LstmOperator, pass: () => T): T {
  operator = given;
  try {
    return pass();
  } finally {
    operator = undefined;
  }
}

export interface LstmOptions {
  /** Length of an input vector. */
  readonly from: number;
  /** Length of the state. */
  readonly hidden: number;
  /** From the last word to the first. Default false. */
  readonly backwards?: boolean;
}

/**
 * The state after each word, [N, T, E] to [N, T, H]; parameters `name.input.weight` [E, 4H], `name.hidden.weight` [H, 4H]
 * and `name.bias` [4H], the gates in the order i, f, g, o. Backwards, padding is passed over; forwards, states at padding
 * mean nothing.
 */
export function lstm(init: Initialiser, name: string, { from, hidden, backwards = false }: LstmOptions): TrunkLayer {
  const fromInput = init.parameter(`${name}.input.weight`, 'weight', [from, 4 * hidden], 'glorot');
  const fromHidden = init.parameter(`${name}.hidden.weight`, 'weight', [hidden, 4 * hidden], 'glorot');
  const bias = init.parameter(`${name}.bias`, 'bias', [4 * hidden], 'zeros');
  const remembering = Float32Array.from({ length: 4 * hidden }, (_, i) => (Math.floor(i / hidden) === 1 ? 1 : 0));
  tf.tidy(() => bias.variable.assign(tf.tensor1d(remembering)));
  return {
    parameters: [fromInput, fromHidden, bias],
    apply(x, _training, inputs) {
      if (operator !== undefined) {
        const lengths = tf.sum(tf.cast(realWords(inputs), 'int32'), 1);
        const [input, recurrent] = [parameterValue(fromInput), parameterValue(fromHidden)];
        const tensors = {
          x: tf.transpose(x, [1, 0, 2]),
          input,
          hidden: recurrent,
          bias: parameterValue(bias),
          lengths,
        };
        return tf.transpose(operator(tensors, backwards), [1, 0, 2]);
      }
      const [count, length] = x.shape as [number, number];
      // Time first, so that each step's rows lie together.
      const inTime = tf.reshape(tf.transpose(x, [1, 0, 2]), [length * count, from]) as tf.Tensor2D;
      const shares = tf.add(tf.matMul(inTime, parameterValue<tf.Rank.R2>(fromInput)), parameterValue(bias));
      const states = lstmStates(tf.reshape(shares, [length, count, 4 * hidden]), parameterValue(fromHidden), {
        backwards,
        // Before the first word that is read the memory stays empty, and so does the state.
        kept: backwards ? tf.reshape(tf.transpose(realWords(inputs)), [length, count, 1]) : undefined,
      });
      return tf.transpose(states, [1, 0, 2]);
    },
  };
}

/** One layer forwards and one backwards over the same words: [N, T, E] to [N, T, 2H]. */
export function bidirectionalLstm(init: Initialiser, name: string, from: number, hidden: number): TrunkLayer {
  const forwards = lstm(init, `${name}.forwards`, { from, hidden });
  const backwards = lstm(init, `${name}.backwards`, { from, hidden, backwards: true });
  return {
    parameters: [...forwards.parameters, ...backwards.parameters],
    apply: (x, training, inputs) =>
      tf.concat([forwards.apply(x, training, inputs), backwards.apply(x, training, inputs)], 2),
  };
}
