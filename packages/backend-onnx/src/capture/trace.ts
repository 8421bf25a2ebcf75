/** Runs a step's function once on placeholders and sorts out what it read, wrote, drew and assigned. */
import { dispose, engine, type NamedTensorMap, type Tensor, tidy, Variable } from '@tensorflow/tfjs-core';
import type { OnnxBackend } from '../backend.ts';
import { sliceOf } from '../graph/slice.ts';
import { type DType, newestNode, Value } from '../graph/value.ts';
import type { GraphSlice } from '../runtime/program.ts';
import { identifySource, runningRandomOp, TRACE_SEED } from './random-source.ts';

/** What a step may return. */
export type StepOutputs = Tensor | readonly Tensor[] | { readonly [name: string]: Tensor };

/** Where the data of a leaf comes from at each replay. */
export type LeafSource =
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'state'; readonly variable: Variable }
  | { readonly kind: 'variable'; readonly variable: Variable }
  | { readonly kind: 'random' }
  | { readonly kind: 'tensor' }
  | { readonly kind: 'constant' };

export interface Trace {
  readonly slice: GraphSlice;
  readonly sources: ReadonlyMap<Value, LeafSource>;
  /** Assigned variables: the leaf that stands for the old value, and the value that becomes the new one. */
  readonly state: readonly { readonly variable: Variable; readonly before: Value; readonly after: Value }[];
  /** Values of the returned tensors, in the order of `structure`. */
  readonly results: readonly Value[];
  readonly structure: 'tensor' | 'array' | readonly string[];
  /** Variables that the graph depends on, as they were: any change makes the trace invalid. */
  readonly assumptions: readonly Assumption[];
}

export interface Assumption {
  readonly variable: Variable;
  readonly trainable: boolean;
  /** The value that was baked in, where the variable is frozen. */
  readonly constant: Value | null;
  /** The leaf that the variable is fed to, where the step reads it without assigning it. */
  readonly leaf: Value | null;
}

/** Captured tensors above this many elements are fed instead of being baked in. */
const LARGEST_CONSTANT = 4_000_000;

type Assign = Variable['assign'];

/** Traces `fn`. Variables have their old values afterwards. @throws what `fn` throws. */
export function traceStep(
  backend: OnnxBackend,
  fn: (...inputs: Tensor[]) => StepOutputs,
  inputs: readonly { readonly shape: readonly number[]; readonly dtype: DType }[],
): Trace {
  for (const variable of Object.values(engine().registeredVariables)) backend.detach(variable);
  const recordedBefore = newestNode();
  const placeholders = inputs.map(({ shape, dtype }) => new Value(shape, dtype));
  const written = new Set<Value>();
  const firstValues = new Map<Variable, Value>();
  const assign = Variable.prototype.assign;
  const random = Math.random;
  let drew = false;

  backend.trace = {
    wrote(value) {
      const op = runningRandomOp();
      if (op !== null && drew) {
        drew = false;
        const observer = backend.trace;
        backend.trace = null;
        value.random = identifySource(op, value);
        backend.trace = observer;
      } else written.add(value);
    },
  };
  Variable.prototype.assign = function (this: Variable, next: Parameters<Assign>[0]) {
    if (!firstValues.has(this)) {
      const value = backend.graphValue(this);
      value.holders++;
      firstValues.set(this, value);
    }
    assign.call(this, next);
  };
  Math.random = () => {
    drew = true;
    return TRACE_SEED;
  };

  let outputs: StepOutputs;
  try {
    outputs = tidy(() => {
      const tensors = placeholders.map((value) => engine().makeTensorFromTensorInfo(backend.tensorFor(value)));
      return fn(...tensors) as Tensor;
    }) as StepOutputs;
  } catch (error) {
    backend.forgetSince(recordedBefore);
    restore(backend, firstValues, assign);
    throw error;
  } finally {
    backend.trace = null;
    Variable.prototype.assign = assign;
    Math.random = random;
  }

  const { tensors, structure } = listOutputs(outputs);
  const results = tensors.map((tensor) => backend.madeByNode(tensor));
  const state = [...firstValues].map(([variable, before]) => ({
    variable,
    before,
    after: backend.madeByNode(variable),
  }));
  // Returned variables and kept tensors belong to the caller; everything else is done with.
  dispose(tensors.filter((tensor) => !(tensor instanceof Variable) && !tensor.kept));
  if (new Set(state.map(({ before }) => before)).size < state.length) {
    restore(backend, firstValues, assign);
    throw new Error('two variables were made from one tensor inside a captured step: give each a tensor of its own');
  }
  backend.evaluateSync(state.map(({ before }) => before));
  restore(backend, firstValues, assign);
  backend.forgetSince(recordedBefore);
  const slice = sliceOf([...new Set([...results, ...state.map(({ after }) => after)])]);
  return { slice, results, state, structure, ...sortLeaves(backend, slice, placeholders, written, state) };
}

function restore(backend: OnnxBackend, firstValues: ReadonlyMap<Variable, Value>, assign: Assign): void {
  for (const [variable, before] of firstValues) {
    const tensor = engine().makeTensorFromTensorInfo(backend.tensorFor(before, variable.shape));
    assign.call(variable, tensor as Parameters<Assign>[0]);
    tensor.dispose();
    before.holders--;
  }
}

function listOutputs(outputs: StepOutputs): { tensors: readonly Tensor[]; structure: Trace['structure'] } {
  if (Array.isArray(outputs)) return { tensors: outputs as Tensor[], structure: 'array' };
  if ('dataId' in outputs) return { tensors: [outputs as Tensor], structure: 'tensor' };
  const record = outputs as NamedTensorMap;
  return { tensors: Object.values(record), structure: Object.keys(record) };
}

function sortLeaves(
  backend: OnnxBackend,
  slice: GraphSlice,
  placeholders: readonly Value[],
  written: ReadonlySet<Value>,
  state: Trace['state'],
): Pick<Trace, 'sources' | 'assumptions'> {
  const variables = new Map<Value, Variable>();
  for (const variable of Object.values(engine().registeredVariables))
    variables.set(backend.graphValue(variable), variable);
  const assigned = new Map(state.map(({ before, variable }) => [before, variable]));
  const sources = new Map<Value, LeafSource>();
  const assumptions: Assumption[] = [];
  for (const leaf of slice.leaves) {
    const variable = assigned.get(leaf) ?? variables.get(leaf);
    if (variable !== undefined) {
      const frozen = !variable.trainable && !assigned.has(leaf);
      const read = !frozen && !assigned.has(leaf);
      assumptions.push({
        variable,
        trainable: variable.trainable,
        constant: frozen ? leaf : null,
        leaf: read ? leaf : null,
      });
      if (frozen) sources.set(leaf, { kind: 'constant' });
      else sources.set(leaf, { kind: assigned.has(leaf) ? 'state' : 'variable', variable });
    } else if (placeholders.includes(leaf)) sources.set(leaf, { kind: 'input', index: placeholders.indexOf(leaf) });
    else if (leaf.random !== null) sources.set(leaf, { kind: 'random' });
    else if (written.has(leaf)) sources.set(leaf, { kind: 'constant' });
    else if (leaf.data === null)
      throw new Error('a tensor of another captured step was used in this one: return it from there');
    else sources.set(leaf, { kind: leaf.data.length > LARGEST_CONSTANT ? 'tensor' : 'constant' });
  }
  return { sources, assumptions };
}
