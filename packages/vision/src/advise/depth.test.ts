import {
  bestEarlierLayer,
  bestLayer,
  depthCurve,
  depthTaps,
  type LabelledFeatures,
  namedPlan,
  Random,
  selectBackend,
} from '@attune/core';
import { catalogue, createNetwork } from '@attune/zoo';
import { describe, expect, it } from 'vitest';

await selectBackend({ prefer: 'cpu' });

const MOBILENET = ['conv1', 'block0', 'block2', 'block5', 'block9', 'block12', 'block15', 'block16', 'conv_last'];
/** Where each group of a network ends, by the figures and tables of the papers. */
const DEPTHS: Record<string, string[]> = {
  squeezenet1_0: ['pool1', 'fire2', 'fire3', 'pool4', 'fire5', 'fire6', 'fire7', 'pool8', 'fire9'],
  ...Object.fromEntries(['035', '050', '075', '100', '130', '140'].map((w) => [`mobilenet_v2_${w}`, MOBILENET])),
  resnet18: ['pool1', 'layer1.1', 'layer2.1', 'layer3.1', 'layer4.1'],
  resnet34: ['pool1', 'layer1.2', 'layer2.3', 'layer3.5', 'layer4.2'],
  resnet50: ['pool1', 'layer1.2', 'layer2.3', 'layer3.5', 'layer4.2'],
  vgg16: ['pool1', 'pool2', 'pool3', 'pool4', 'pool5', 'fc6', 'fc7'],
  inception_v3: ['pool2', 'Mixed_5d', 'Mixed_6e', 'Mixed_7c'],
  shapes_cnn: ['conv1', 'block1', 'block2', 'block3'],
};

describe('depths', () => {
  it.each([...catalogue.values()].map(({ name, minimumSize }) => [name, minimumSize] as const))(
    'of %s: one for each layer group, the top layer last',
    (name, size) => {
      const network = createNetwork(name, { classes: 2, seed: 1, size });
      const taps = depthTaps(network);
      expect(taps).toEqual(DEPTHS[name]);
      expect(taps.at(-1)).toBe(network.taps.at(-1));
      // Every name that is printed is one that a plan can be cut at.
      for (const tap of taps) expect(namedPlan(`probe-at-${tap}`).added.cut).toBe(tap);
      network.cutAt(taps[0]!, 1);
      expect(network.taps.at(-1)).toBe(taps[0]);
      network.dispose();
    },
  );
});

/** Noise in which the first number tells the class by so many deviations. */
function planted(labels: readonly number[], strength: number, seed: number): LabelledFeatures {
  const random = Random.fromSeed(seed);
  const size = 3;
  const values = Float32Array.from({ length: labels.length * size }, (_, i) => {
    const label = labels[Math.floor(i / size)]!;
    return random.normal() + (i % size === 0 ? strength * label : 0);
  });
  return { values, size, labels: Int32Array.from(labels) };
}

describe('the curve', () => {
  const labels = Array.from({ length: 60 }, (_, i) => i % 2);

  it('is highest at the layer that tells the classes apart', async () => {
    const features = new Map([
      ['low', planted(labels, 0, 1)],
      ['middle', planted(labels, 8, 2)],
      ['top', planted(labels, 1, 3)],
    ]);
    const seen: string[] = [];
    const curve = await depthCurve(features, { seed: 1, onProgress: (done, total) => seen.push(`${done}/${total}`) });
    expect(curve.map(({ layer }) => layer)).toEqual(['low', 'middle', 'top']);
    expect(curve[0]!.accuracy).toBeLessThan(0.7);
    expect(curve[1]!.accuracy).toBeGreaterThan(0.95);
    expect(bestLayer(curve).layer).toBe('middle');
    expect(bestEarlierLayer(curve)!.layer).toBe('middle');
    expect(seen).toEqual(['1/3', '2/3', '3/3']);
  });

  it('gives equals to the higher layer, and has nothing below a single one', () => {
    const point = (layer: string, accuracy: number) => ({ layer, accuracy, standardError: 0 });
    const curve = [point('a', 0.9), point('b', 0.9), point('c', 0.7), point('d', 0.9)];
    expect(bestLayer(curve).layer).toBe('d');
    expect(bestEarlierLayer(curve)!.layer).toBe('b');
    expect(bestEarlierLayer(curve.slice(0, 1))).toBeUndefined();
  });

  it('takes no more folds than a class has examples', async () => {
    const accuracy = async (...own: number[]) =>
      (await depthCurve(new Map([['top', planted(own, 20, 1)]]), { seed: 1 }))[0]!.accuracy;
    expect(await accuracy(0, 0, 1, 1)).toBe(1);
    // Three folds, of two, one and one: the only one of its class is never recognised.
    expect(await accuracy(0, 0, 0, 1)).toBeCloseTo((0.5 + 1 + 1) / 3, 9);
    await expect(accuracy(0, 1)).rejects.toThrow(RangeError);
  });
});
