/** A plan's answer to "what is added", carried out on a network of the catalogue. */
import type { Added, ImageNetwork, ModuleBuilder, ModuleSettings } from '@attune/core';
import { addAdapters, defaultStitches, Lora, ModularNetwork, tf } from '@attune/core';
import { batchNorm } from './layers/batch-norm.ts';
import { convolution } from './layers/convolution.ts';
import { Initialiser } from './layers/initialiser.ts';
import type { Layer } from './layers/layer.ts';
import { pure, relu, sequence } from './layers/layer.ts';

export interface ExtendedNetwork {
  /** The given network, or the modular one that has taken it over. */
  readonly network: ImageNetwork;
  /** The low-rank products, where the plan adds some: to be merged or saved after training. */
  readonly lora: Lora | undefined;
}

/**
 * Cuts the network and adds to it what the plan says, in this order: cut, adapters, LoRA, module. The head has its classes
 * already, and is drawn anew where what it stands on changes.
 * @param seed Fixes all that is drawn.
 * @throws UserError when the plan names a layer that the network lacks, or a rank above a layer's width.
 */
export function extendNetwork(network: ImageNetwork, added: Added, seed: number): ExtendedNetwork {
  if (added.cut !== undefined) network.cutAt(added.cut, seed);
  if (added.adapters) addAdapters(network, added.adapters, seed);
  const lora = added.lora && new Lora(network, added.lora, seed);
  if (added.module === undefined) return { network, lora };
  const { stitches = defaultStitches(network) } = added.module;
  const module = convolutionalModule(added.module, seed);
  return { network: new ModularNetwork(network, stitches, module, network.classes, seed), lora };
}

const EPSILON = 1e-3;

/** Stages' channels grow no further than this many times the first's: maps are small by then. */
const WIDEST = 8;

/**
 * Stages of 3 x 3 convolutions with normalisation and ReLU: as many of stride 2 as come nearest to the next stitch's
 * resolution, else one of stride 1.
 */
function convolutionalModule({ width }: ModuleSettings, seed: number): ModuleBuilder {
  const init = new Initialiser(seed);
  return ({ number, from, to }) => {
    const channels = width * Math.min(2 ** number, WIDEST);
    const side = to?.[0] ?? from[0]!;
    const layers: Layer[] = [];
    let [rows, , depth] = from as [number, number, number];
    const halved = () => Math.ceil(rows / 2);
    const tooLarge = () => Math.abs(halved() - side) < Math.abs(rows - side);
    do {
      const stride = tooLarge() ? 2 : 1;
      const name = `module${number}.conv${layers.length / 3 + 1}`;
      layers.push(
        convolution(init, name, depth, channels, { kernel: 3, stride, padding: 'same', bias: false }),
        batchNorm(init, `${name}.bn`, channels, EPSILON),
        relu,
      );
      if (stride === 2) rows = halved();
      depth = channels;
    } while (tooLarge());
    // Networks that do not pad have maps whose sides are not halves of each other.
    if (rows !== side) layers.push(pure((x) => tf.image.resizeBilinear(x, [side, side])));
    const { parameters, apply } = sequence(...layers);
    return { parameters, channels, apply: (x, training) => apply(x as tf.Tensor4D, training) };
  };
}
