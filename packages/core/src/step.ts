/**
 * Steps: functions of tensors that are run many times, such as one update of training. On the `onnx` backend a step is
 * captured (traced once, then replayed without any JavaScript per operation); on every other it runs as it is written.
 *
 * What a function must keep to, so that both give the same:
 * - What changes from run to run comes in as an input tensor: learning rate, progress, step number. A JavaScript number
 *   is a constant of the first run, and JavaScript only runs in the first.
 * - Variables that it assigns are its state. Variables with `trainable` false that it does not assign are constants;
 *   when one changes, or is thawed, the step is traced anew.
 * - Input shapes stay the same: another shape is another trace.
 * - Random ops draw anew in each run, from the stream that `seedDraws` starts.
 */
import type { CompiledStep, StepOutputs } from '@attune/backend-onnx';
import { loadedOnnxEngine, loadOnnxEngine, ONNX_BACKEND, type StepOptions, seedOnnxDraws } from './onnx-engine.ts';
import type { Random } from './random.ts';
import { tf } from './tensorflow.ts';

export type { CompiledStep, StepOutputs } from '@attune/backend-onnx';
export type { StepOptions } from './onnx-engine.ts';

let draws: Random | undefined;

/** Fixes what random ops (dropout) draw in the steps that are run from now on, on any backend. */
export function seedDraws(random: Random): void {
  draws = random;
  seedOnnxDraws(random.fork('captured').uint32());
}

/** TensorFlow.js takes the seed of a random op that has none from `Math.random`. `fn` is synchronous: nothing else sees it. */
function withSeededDraws<Result>(fn: () => Result): Result {
  if (draws === undefined) return fn();
  const stream = draws;
  const original = Math.random;
  Math.random = () => stream.uniform();
  try {
    return fn();
  } finally {
    Math.random = original;
  }
}

/**
 * Makes a step of a function. Which backend it runs on is looked up in each run. The caller owns the inputs and the
 * outputs; all other tensors that the function makes are disposed of.
 */
export function compileStep<Inputs extends readonly tf.Tensor[], Outputs extends StepOutputs>(
  fn: (...inputs: Inputs) => Outputs,
  options: StepOptions = {},
): CompiledStep<Inputs, Outputs> {
  let captured: CompiledStep<Inputs, Outputs> | undefined;
  let disposed = false;
  const eager = (inputs: Inputs): Outputs =>
    withSeededDraws(() => tf.tidy(() => fn(...inputs) as tf.TensorContainer) as Outputs);
  const check = () => {
    if (disposed) throw new Error(`the step ${options.name ?? fn.name} was run after it was disposed of`);
  };

  return {
    async run(...inputs) {
      check();
      if (tf.getBackend() !== ONNX_BACKEND) return eager(inputs);
      captured ??= (await loadOnnxEngine()).compileStep(fn, options);
      return captured.run(...inputs);
    },
    runSync(...inputs) {
      check();
      if (tf.getBackend() !== ONNX_BACKEND) return eager(inputs);
      const engine = loadedOnnxEngine();
      if (engine === undefined) throw new Error("runSync on the onnx backend needs 'await selectBackend()' before it");
      captured ??= engine.compileStep(fn, options);
      return captured.runSync(...inputs);
    },
    dispose() {
      disposed = true;
      captured?.dispose();
      captured = undefined;
    },
  };
}
