/** What `@attune/zoo` offers anywhere, browsers included. What touches files is in `@attune/zoo/node`. */

export { type CatalogueEntry, catalogue, catalogueEntry, createNetwork, type WeightsRecord } from './catalogue.ts';
// What a plan adds
export { type ExtendedNetwork, extendNetwork } from './extend.ts';
// The networks there are
export { disposeParameters, ExtensibleNetwork, type ParameterGroup } from './extensible-network.ts';
// Parts for networks of one's own
export { batchNorm, KEPT_SHARE } from './layers/batch-norm.ts';
export { convolution, depthwiseConvolution, fullyConnected } from './layers/convolution.ts';
export { dropout } from './layers/dropout.ts';
export { averagedConvolutionHead, type Head, linearHead } from './layers/heads.ts';
export { Initialiser } from './layers/initialiser.ts';
export { concatenate, type Layer, pure, relu, relu6, residual, sequence } from './layers/layer.ts';
export { averagePool3x3, globalAverage, maxPool } from './layers/pooling.ts';
export type { BuildOptions } from './models/build-options.ts';
export { type PretrainedOptions, pretrainedNetwork } from './pretrained.ts';
export {
  group,
  type Stage,
  StagedImageNetwork,
  StagedNetwork,
  type StagedNetworkParts,
  type StageGroup,
  stage,
  type TrunkLayer,
} from './staged-network.ts';

// Weights of other projects
export { type AssignOptions, assignWeights } from './weights/assign.ts';
export {
  ATTUNE,
  type Convention,
  KERAS_MOBILENET_V2,
  SQUEEZENET_RELEASE,
  TORCH_INCEPTION_V3,
  TORCH_RESNET,
  TORCH_VGG16,
  torch,
} from './weights/conventions.ts';
