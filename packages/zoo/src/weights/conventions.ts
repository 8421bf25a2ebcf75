/**
 * How the files of other projects name and lay out the parameters that we have: for each parameter of ours the name of
 * the tensor that holds it, and the rearrangement that makes it ours (HWIO kernels, [inputs, outputs] matrices).
 */
import type { Parameter, TensorValues } from '@attune/core';

export interface Convention {
  /** Name in the file of our parameter. */
  foreignName(parameter: string): string;
  /** Shape in the file of our parameter. */
  foreignShape(parameter: Parameter): readonly number[];
  /** The file's values in our layout; `values` itself where that is the same. */
  rearrange(parameter: Parameter, values: TensorValues): TensorValues;
  /** Tensors that such files hold and that transfer does not need; any other that no parameter asks for is an error. */
  readonly ignored: readonly RegExp[];
  /** False: the file has a trunk only, and the head is a new one. */
  readonly hasHead: boolean;
}

const ownLayout = {
  foreignShape: (parameter: Parameter) => parameter.variable.shape,
  rearrange: (_: Parameter, values: TensorValues) => values,
};

/** Files that `saveNetwork` wrote. */
export const ATTUNE: Convention = { ...ownLayout, foreignName: (name) => name, ignored: [], hasHead: true };

/** The decoded Deep Compression release of SqueezeNet 1.0, in the names of its layers: `fire2/conv1x1_1/kernel`. */
export const SQUEEZENET_RELEASE: Convention = {
  ...ownLayout,
  foreignName: (name) =>
    translate(name, [
      [/^head\./, 'conv_final/'],
      [/\.squeeze\./, '/conv1x1_1/'],
      [/\.expand1x1\./, '/conv1x1_2/'],
      [/\.expand3x3\./, '/conv3x3_2/'],
      [/^conv1\./, 'conv1/'],
      [/weight$/, 'kernel'],
    ]),
  ignored: [],
  hasHead: true,
};

/** Keras Applications' MobileNetV2 without its top, in Keras's layer and weight names: `block_3_expand_BN/gamma`. */
export const KERAS_MOBILENET_V2: Convention = {
  ...ownLayout,
  foreignName: (name) =>
    translate(name, [
      [/^conv1\.bn\./, 'bn_Conv1/'],
      [/^conv1\./, 'Conv1/'],
      [/^conv_last\.bn\./, 'Conv_1_bn/'],
      [/^conv_last\./, 'Conv_1/'],
      [/^block0\./, 'expanded_conv_'],
      [/^block(\d+)\./, 'block_$1_'],
      [/\.bn\./, '_BN/'],
      [/(BN|bn|bn_Conv1)\/weight$/, '$1/gamma'],
      [/(BN|bn|bn_Conv1)\/bias$/, '$1/beta'],
      [/running_mean$/, 'moving_mean'],
      [/running_var$/, 'moving_variance'],
      [/depthwise\.weight$/, 'depthwise/depthwise_kernel'],
      [/[./]weight$/, '/kernel'],
    ]),
  ignored: [],
  hasHead: false,
};

/**
 * torchvision's and timm's names and layouts: OIHW kernels, [outputs, inputs] matrices.
 * @param names Rules that turn our names into theirs.
 * @param mapChannels Channels of the map that a matrix of the trunk reads flattened (VGG16's fc6), which PyTorch flattens
 *   channels first and we channels last.
 */
export function torch(
  names: readonly (readonly [RegExp, string])[],
  ignored: readonly RegExp[] = [],
  mapChannels: Readonly<Record<string, number>> = {},
): Convention {
  return {
    foreignName: (name) => translate(name, names),
    foreignShape: ({ role, variable: { shape } }) => {
      if (role !== 'weight') return shape;
      return shape.length === 2 ? [shape[1]!, shape[0]!] : [shape[3]!, shape[2]!, shape[0]!, shape[1]!];
    },
    rearrange: ({ name, role, variable: { shape } }, values) => {
      if (role !== 'weight') return values;
      if (shape.length === 4) return toHwio(values, shape[0]! * shape[1]!, shape[2]!, shape[3]!);
      const [inputs, outputs] = shape as [number, number];
      const channels = mapChannels[name] ?? inputs;
      return toHwio(values, inputs / channels, channels, outputs);
    },
    ignored: [/\.num_batches_tracked$/, ...ignored],
    hasHead: true,
  };
}

export const TORCH_RESNET: Convention = torch([[/^head\./, 'fc.']]);

/** Auxiliary classifier included in the file; it is left out. */
export const TORCH_INCEPTION_V3: Convention = torch([[/^head\./, 'fc.']], [/^AuxLogits\./]);

/** Positions of the convolutions in torchvision's `features`, which counts ReLUs and poolings too. */
const VGG16_POSITIONS: Readonly<Record<string, number>> = {
  conv1_1: 0,
  conv1_2: 2,
  conv2_1: 5,
  conv2_2: 7,
  conv3_1: 10,
  conv3_2: 12,
  conv3_3: 14,
  conv4_1: 17,
  conv4_2: 19,
  conv4_3: 21,
  conv5_1: 24,
  conv5_2: 26,
  conv5_3: 28,
};

export const TORCH_VGG16: Convention = torch(
  [
    ...Object.entries(VGG16_POSITIONS).map(
      ([name, position]) => [new RegExp(`^${name}\\.`), `features.${position}.`] as const,
    ),
    [/^fc6\./, 'classifier.0.'],
    [/^fc7\./, 'classifier.3.'],
    [/^head\./, 'classifier.6.'],
  ],
  [],
  { 'fc6.weight': 512 },
);

function translate(name: string, rules: readonly (readonly [RegExp, string])[]): string {
  return rules.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), name);
}

/** [outputs, inputs, area] to [area, inputs, outputs]. */
function toHwio(values: TensorValues, area: number, inputs: number, outputs: number): TensorValues {
  const moved = values.slice();
  let from = 0;
  for (let output = 0; output < outputs; output++)
    for (let input = 0; input < inputs; input++)
      for (let place = 0; place < area; place++) moved[(place * inputs + input) * outputs + output] = values[from++]!;
  return moved;
}
