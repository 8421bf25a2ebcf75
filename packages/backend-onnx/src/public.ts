/** What is public and the same in Node and in browsers. */
import type { OnnxBackendOptions } from './backend.ts';
import type { RuntimeOptions } from './runtime/runtime.ts';

export type { OnnxBackend, OnnxBackendOptions } from './backend.ts';
export { type CompiledStep, type CompileStepOptions, compileStep } from './capture/compile-step.ts';
export type { StepOutputs } from './capture/trace.ts';
export { type Exportable, type ExportInput, type ExportOptions, exportOnnx } from './export.ts';
export { type LstmTensors, lstm } from './lstm.ts';
export { type RandomState, RandomStream } from './random-stream.ts';
export { BACKEND_NAME, kernelNames, kernelSupport } from './register.ts';
export type { ExecutionProvider, ProviderStatus, RuntimeOptions } from './runtime/runtime.ts';
export type { BackendStats } from './stats.ts';

export interface RegisterOptions extends OnnxBackendOptions, RuntimeOptions {}
