/** The pre-trained network that everything starts from: a name of the catalogue and the tensors of its weights. */
import type { ImageNetwork, SafetensorsTensor, TransferPlan } from '@attune/core';
import { carryOver, needsSource, networkValues, readSafetensors, UserError } from '@attune/core';
import { catalogue, catalogueEntry, createNetwork, extendNetwork, pretrainedNetwork } from '@attune/zoo';
import type { NetworkChoice } from '../api.ts';

/** The network whose weights come with the page. */
export const EMBEDDED = 'shapes_cnn';

/** Weights above this size are refused: they would not fit a page's memory several times over. */
const WEIGHTS_LIMIT = 600 * 1024 * 1024;

export class SourceNetwork {
  private constructor(
    readonly name: string,
    private readonly file: string,
    private readonly tensors: ReadonlyMap<string, SafetensorsTensor>,
  ) {}

  /** @throws UserError when the file is no safetensors file, or not of this network. */
  static read(name: string, file: string, bytes: Uint8Array): SourceNetwork {
    if (bytes.byteLength > WEIGHTS_LIMIT)
      throw new UserError(`${file} is larger than ${WEIGHTS_LIMIT / 1048576} MiB.`, 'Take a smaller network.');
    const source = new SourceNetwork(name, file, readSafetensors(bytes, file).tensors);
    // Built once, so that weights that do not fit are found now.
    source.pretrained(1, 0).dispose();
    return source;
  }

  get choice(): NetworkChoice {
    return choiceOf(this.name);
  }

  /** Side that the shorter edge of an image is resized to, pixels. */
  get resize(): number {
    return catalogueEntry(this.name).preprocessing.resize;
  }

  /** The pre-trained trunk under a new head. The caller disposes of it. */
  pretrained(classes: number, seed: number): ImageNetwork {
    return pretrainedNetwork(this.name, this.tensors, { source: this.file, classes, seed });
  }

  /** The network as a run of the plan starts. The caller disposes of it. @throws UserError when the plan does not fit. */
  async startOf(plan: TransferPlan, classes: number, seed: number): Promise<ImageNetwork> {
    if (plan.added.head === 'none')
      throw new UserError(`The plan '${plan.name}' keeps the source's head.`, 'Take a plan that adds a new head.');
    const network = await this.carried(plan.carried, classes, seed);
    try {
      return extendNetwork(network, plan.added, seed).network;
    } catch (error) {
      network.dispose();
      throw error;
    }
  }

  private async carried(carried: TransferPlan['carried'], classes: number, seed: number): Promise<ImageNetwork> {
    if (carried.what === 'all-but-head' || carried.what === 'everything') return this.pretrained(classes, seed);
    const network = createNetwork(this.name, { classes, seed });
    if (carried.what === 'nothing') return network;
    const pretrained = this.pretrained(classes, seed);
    try {
      carryOver(network, carried.what === 'map' ? this.tensors : await networkValues(pretrained), carried);
      return network;
    } catch (error) {
      network.dispose();
      throw error;
    } finally {
      pretrained.dispose();
    }
  }

  /** What the plan holds the network to, where that is what the source computes. The caller disposes of it. */
  heldTo({ name, held }: TransferPlan, seed: number): ImageNetwork | undefined {
    if (!needsSource(held)) return undefined;
    const hasHead = catalogueEntry(this.name).weights.classes !== undefined;
    if (held.to === 'outputs' && !hasHead)
      throw new UserError(
        `The plan '${name}' holds to the outputs of ${this.name}, whose weights have no head.`,
        'Take a plan that is held to features, such as delta.',
      );
    const options = { source: this.file, seed, classes: hasHead ? undefined : 1 };
    return pretrainedNetwork(this.name, this.tensors, options);
  }
}

/** Every network of the catalogue, the one that comes with the page first. */
export function networkChoices(): NetworkChoice[] {
  const names = [...catalogue.keys()].filter((name) => name !== EMBEDDED);
  return [EMBEDDED, ...names].map(choiceOf);
}

function choiceOf(name: string): NetworkChoice {
  const { title, trainedOn, preprocessing } = catalogueEntry(name);
  return { name, title, trainedOn, size: preprocessing.size };
}
