/** Every kernel that has an ONNX form. Importing this module fills the table of definition.ts. */
import './complex.ts';
import './convolution.ts';
import './convolution-3d.ts';
import './depthwise-filter-gradient.ts';
import './dilation.ts';
import './einsum.ts';
import './elementwise.ts';
import './indexing.ts';
import './local-response.ts';
import './matmul.ts';
import './normalisation.ts';
import './pooling.ts';
import './pooling-3d.ts';
import './pooling-argmax.ts';
import './ranking.ts';
import './rearrange.ts';
import './recurrent.ts';
import './reduction.ts';
import './resize.ts';
import './sampling.ts';
import './scan.ts';
import './scatter.ts';
import { define } from './definition.ts';
import { reshape } from './shape.ts';

define(reshape);

export { nativeKernels } from './definition.ts';
export { reshape } from './shape.ts';
