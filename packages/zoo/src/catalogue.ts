/** The networks there are, by name: how each is built, what it was trained on, and where its weights come from. */
import type { ImageNetwork, Preprocessing } from '@attune/core';
import { suggestNames, UserError } from '@attune/core';
import type { BuildOptions } from './models/build-options.ts';
import { TENSORFLOW_IMAGENET, TORCH_IMAGENET } from './models/build-options.ts';
import { INCEPTION_V3_PREPROCESSING, inceptionV3 } from './models/inception_v3.ts';
import { mobilenetV2 } from './models/mobilenet_v2.ts';
import { resnet18, resnet34, resnet50 } from './models/resnet.ts';
import { SMALL_CNN_PREPROCESSING, smallCnn } from './models/small_cnn.ts';
import { SQUEEZENET_PREPROCESSING, squeezenet1_0 } from './models/squeezenet.ts';
import { vgg16 } from './models/vgg.ts';
import type { Convention } from './weights/conventions.ts';
import {
  ATTUNE,
  KERAS_MOBILENET_V2,
  SQUEEZENET_RELEASE,
  TORCH_INCEPTION_V3,
  TORCH_RESNET,
  TORCH_VGG16,
} from './weights/conventions.ts';

export interface WeightsRecord {
  /** Where the file lies below a data directory. */
  readonly file: string;
  readonly convention: Convention;
  /** Classes of the head in the file; undefined where the file has none. */
  readonly classes: number | undefined;
  readonly licence: string;
  /** Who published them, and in which form they are expected. */
  readonly source: string;
}

export interface CatalogueEntry {
  readonly name: string;
  readonly title: string;
  /** Reference of the architecture's paper. */
  readonly paper: string;
  /** What the weights were trained on. */
  readonly trainedOn: string;
  readonly preprocessing: Preprocessing;
  /** Smallest side of the input, pixels; and what the side must be a multiple of. */
  readonly minimumSize: number;
  readonly sizeStep?: number;
  readonly weights: WeightsRecord;
  build(options: BuildOptions): ImageNetwork;
}

/** Side of the largest input, pixels. */
const MAXIMUM_SIZE = 4096;

const IMAGENET = 'ImageNet (ILSVRC 2012), 1,000 classes of photos';

const TORCHVISION = { licence: 'BSD-3-Clause (torchvision)', classes: 1000 } as const;

function mobilenetEntry(percent: string): CatalogueEntry {
  const width = Number(percent) / 100;
  const name = `mobilenet_v2_${percent}`;
  return {
    name,
    title: `MobileNetV2, width ${width.toFixed(2)}`,
    paper: 'Sandler et al. 2018, arXiv:1801.04381',
    trainedOn: IMAGENET,
    preprocessing: TENSORFLOW_IMAGENET,
    minimumSize: 32,
    weights: {
      file: `vision/mobilenet_v2_${width.toFixed(2)}/mobilenet_v2_${width.toFixed(2)}_notop.safetensors`,
      convention: KERAS_MOBILENET_V2,
      classes: undefined,
      licence: 'Apache-2.0 (Keras Applications; not stated in the files themselves)',
      source: 'Keras Applications, without the top, as safetensors in Keras names and layouts',
    },
    build: (options) => mobilenetV2(name, width, options),
  };
}

function resnetEntry(depth: 18 | 34 | 50, build: (options: BuildOptions) => ImageNetwork): CatalogueEntry {
  const name = `resnet${depth}`;
  return {
    name,
    title: `ResNet-${depth}`,
    paper: 'He et al. 2015, arXiv:1512.03385',
    trainedOn: IMAGENET,
    preprocessing: TORCH_IMAGENET,
    minimumSize: 32,
    weights: {
      ...TORCHVISION,
      file: `vision/${name}/${name}.safetensors`,
      convention: TORCH_RESNET,
      source: `torchvision's ${name}, as safetensors in PyTorch names and layouts`,
    },
    build,
  };
}

const ENTRIES: readonly CatalogueEntry[] = [
  {
    name: 'squeezenet1_0',
    title: 'SqueezeNet 1.0',
    paper: 'Iandola et al. 2016, arXiv:1602.07360',
    trainedOn: IMAGENET,
    preprocessing: SQUEEZENET_PREPROCESSING,
    minimumSize: 35,
    weights: {
      file: 'vision/squeezenet_v1.0/squeezenet1_0.safetensors',
      convention: SQUEEZENET_RELEASE,
      classes: 1000,
      licence: 'BSD-2-Clause (SqueezeNet-Deep-Compression)',
      source: "the authors' Deep Compression release, decoded to safetensors with HWIO kernels",
    },
    build: squeezenet1_0,
  },
  ...['035', '050', '075', '100', '130', '140'].map(mobilenetEntry),
  resnetEntry(18, resnet18),
  resnetEntry(34, resnet34),
  resnetEntry(50, resnet50),
  {
    name: 'vgg16',
    title: 'VGG16',
    paper: 'Simonyan and Zisserman 2014, arXiv:1409.1556',
    trainedOn: IMAGENET,
    preprocessing: TORCH_IMAGENET,
    minimumSize: 32,
    sizeStep: 32,
    weights: {
      ...TORCHVISION,
      file: 'vision/vgg16/vgg16.safetensors',
      convention: TORCH_VGG16,
      source: "torchvision's vgg16, as safetensors in PyTorch names and layouts",
    },
    build: vgg16,
  },
  {
    name: 'inception_v3',
    title: 'InceptionV3',
    paper: 'Szegedy et al. 2015, arXiv:1512.00567',
    trainedOn: IMAGENET,
    preprocessing: INCEPTION_V3_PREPROCESSING,
    minimumSize: 75,
    weights: {
      file: 'vision/inception_v3/inception_v3.safetensors',
      convention: TORCH_INCEPTION_V3,
      classes: 1000,
      licence: 'BSD-3-Clause (torchvision); weights Apache-2.0 (TensorFlow)',
      source: "torchvision's inception_v3, as safetensors in PyTorch names and layouts",
    },
    build: inceptionV3,
  },
  {
    name: 'shapes_cnn',
    title: 'Small residual network of the test fixtures',
    paper: 'after He et al. 2015, arXiv:1512.03385, section 4.2',
    trainedOn: 'the generated source task of the test fixtures, 10 classes of shapes',
    preprocessing: SMALL_CNN_PREPROCESSING,
    minimumSize: 8,
    weights: {
      file: 'vision/shapes_cnn/shapes_cnn.safetensors',
      convention: ATTUNE,
      classes: 10,
      licence: 'Apache-2.0 (this project)',
      source: 'test-fixtures/scripts/pretrain.ts',
    },
    build: smallCnn,
  },
];

/** Every network, by name. */
export const catalogue: ReadonlyMap<string, CatalogueEntry> = new Map(ENTRIES.map((entry) => [entry.name, entry]));

/** @throws UserError when there is no such network; the message shows the nearest names. */
export function catalogueEntry(name: string): CatalogueEntry {
  const entry = catalogue.get(name);
  if (entry === undefined) throw new UserError(`There is no network '${name}'.`, suggestNames(name, catalogue.keys()));
  return entry;
}

/** A network with freshly drawn weights. @throws UserError when the name, the classes or the size are impossible. */
export function createNetwork(name: string, options: BuildOptions): ImageNetwork {
  const entry = catalogueEntry(name);
  if (!Number.isInteger(options.classes) || options.classes < 1)
    throw new UserError(`${name} cannot have ${options.classes} classes.`, 'Give a whole number of at least 1.');
  const { minimumSize, sizeStep = 1 } = entry;
  const { size = entry.preprocessing.size } = options;
  if (!Number.isInteger(size) || size < minimumSize || size > MAXIMUM_SIZE || size % sizeStep !== 0)
    throw new UserError(
      `${name} cannot take images of ${size} x ${size} px.`,
      `Give a ${sizeStep > 1 ? `multiple of ${sizeStep}` : 'size'} from ${minimumSize} to ${MAXIMUM_SIZE}.`,
    );
  return entry.build(options);
}
