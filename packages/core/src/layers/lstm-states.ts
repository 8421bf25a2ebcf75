/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000), with backpropagation through
 * time written out: it takes fewer operations than the derivative of each would, so that a step is traced and compiled sooner, and
 * the recurrent matrix's gradient is one product instead of one for each step. Forwards, from the gates before they are squashed,
 *
 *   a, b, d, e = x_t + h W,   i, f, g, o = sigma(a), sigma(b), tanh(d), sigma(e)
 *   c <- f c + i g,   h <- o tanh(c)
 *
 * x_t being the input's share. Backwards, dc of the step after it and f being there already,
 *
 *   dh = dy_t + (da, db, dd, de) W^T,   dc <- f dc + dh o (1 - tanh(c)^2)
 *   da = dc i g (1 - i),   db = dc f c' (1 - f),   dd = dc (i - i g g),   de = dh h (1 - o)
 *
 * with c' the memory before the step.
 */
import { tf } from '../tensorflow.ts';

export interface LstmStatesOptions {
  /** From the last step to the first. Default false. */
  readonly backwards?: boolean;
  /** [T, N, 1], 1 or 0: at steps of 0 the memory is emptied, and the state with it. Default: no such steps. No gradient. */
  readonly kept?: tf.Tensor | undefined;
}

/**
 * The state after each step, [T, N, H], from a memory that is empty.
 * @param shares The input's share of the gates before they are squashed, bias included, [T, N, 4H]; gates lie side by side in
 *   the order i, f, g, o, as in tfjs-layers.
 * @param recurrent [H, 4H]
 */
export function lstmStates(
  shares: tf.Tensor,
  recurrent: tf.Tensor,
  { backwards = false, kept }: LstmStatesOptions = {},
): tf.Tensor {
  const [length, count, width] = shares.shape as [number, number, number];
  const hidden = width / 4;
  // In the order in which they are read.
  const inOrder = <T>(list: readonly T[]): T[] => (backwards ? list.toReversed() : [...list]);
  const steps = (x: tf.Tensor): tf.Tensor2D[] =>
    inOrder(tf.split(tf.reshape(x, [length * count, x.shape[2]!]) as tf.Tensor2D, length));
  const together = (list: readonly tf.Tensor[]): tf.Tensor2D => tf.concat(inOrder(list), 0) as tf.Tensor2D;

  const recur = tf.customGrad((...inputs) => {
    const [x, matrix, save] = inputs as unknown as [tf.Tensor, tf.Tensor2D, (kept: tf.Tensor[]) => void];
    const masks = kept === undefined ? [] : steps(kept);
    const passed: StepValues[] = [];
    let state: tf.Tensor = tf.zeros([count, hidden]);
    let memory: tf.Tensor = tf.zeros([count, hidden]);
    for (const [step, share] of steps(x).entries()) {
      const gates = step === 0 ? share : tf.add(share, tf.matMul(state as tf.Tensor2D, matrix));
      const [a, b, d, e] = tf.split(gates, 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const open = (gate: tf.Tensor) =>
        kept === undefined ? tf.sigmoid(gate) : tf.mul(tf.sigmoid(gate), masks[step]!);
      const [i, f, g, o] = [open(a), open(b), tf.tanh(d), tf.sigmoid(e)];
      const [added, remembered] = [tf.mul(i, g), tf.mul(f, memory)];
      memory = tf.add(remembered, added);
      const squashed = tf.tanh(memory);
      state = tf.mul(o, squashed);
      passed.push({ i, f, g, o, added, remembered, squashed, state });
    }
    save([matrix, ...passed.flatMap((values) => VALUES.map((name) => values[name]))]);
    return { value: tf.reshape(together(passed.map((values) => values.state)), [length, count, hidden]), gradFunc };
  });

  function gradFunc(dy: tf.Tensor, [matrix, ...saved]: tf.Tensor[]): tf.Tensor[] {
    const passed = Array.from({ length }, (_, step) => valuesOf(saved.slice(step * VALUES.length)));
    const errors = steps(dy);
    const gates: tf.Tensor[] = new Array(length);
    let forgotten: tf.Tensor = tf.zeros([count, hidden]);
    for (let step = length - 1; step >= 0; step--) {
      const { i, f, g, o, added, remembered, squashed, state } = passed[step]!;
      const later = gates[step + 1] as tf.Tensor2D | undefined;
      const dh =
        later === undefined
          ? errors[step]!
          : tf.add(errors[step]!, tf.matMul(later, matrix as tf.Tensor2D, false, true));
      const dc = tf.add(forgotten, tf.mul(dh, tf.mul(o, complement(tf.square(squashed)))));
      gates[step] = tf.concat(
        [
          tf.mul(dc, tf.mul(added, complement(i))),
          tf.mul(dc, tf.mul(remembered, complement(f))),
          tf.mul(dc, tf.sub(i, tf.mul(added, g))),
          tf.mul(dh, tf.mul(state, complement(o))),
        ],
        1,
      );
      forgotten = tf.mul(f, dc);
    }
    const states = passed.map((values) => values.state);
    const dMatrix =
      length === 1
        ? tf.zerosLike(matrix!)
        : tf.matMul(together(states.slice(0, -1)), together(gates.slice(1)), true, false);
    return [tf.reshape(together(gates), [length, count, width]), dMatrix];
  }
  return recur(shares, recurrent);
}

const VALUES = ['i', 'f', 'g', 'o', 'added', 'remembered', 'squashed', 'state'] as const;

/** What a step leaves for its gradient: i, f, g, o, i g, f c', tanh(c) and h. */
type StepValues = Readonly<Record<(typeof VALUES)[number], tf.Tensor>>;

const valuesOf = (saved: readonly tf.Tensor[]): StepValues =>
  Object.fromEntries(VALUES.map((name, k) => [name, saved[k]!])) as StepValues;

/** 1 - x. */
const complement = (x: tf.Tensor): tf.Tensor => tf.sub(1, x);
