/** What `@attune/core` offers anywhere, browsers included. What touches files is in `@attune/core/node`. */

// Errors that a user can put right
export { isUserError, nearestNames, suggestNames, UserError } from './errors.ts';
// The protocol of pre-trained networks
export type { ApplyOptions, LayerGroup, Network, Parameter, ParameterRole, Preprocessing } from './network.ts';

// One seed fixes everything
export { Random, type RandomState } from './random.ts';
// The tensor API
export { tf } from './tensorflow.ts';

// Weights
export type { SafetensorsDtype, TensorValues } from './weights/dtypes.ts';
export {
  readSafetensors,
  type SafetensorsFile,
  type SafetensorsTensor,
  type TensorToWrite,
  writeSafetensors,
} from './weights/safetensors.ts';
