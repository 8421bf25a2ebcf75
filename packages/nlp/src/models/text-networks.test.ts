/** What holds of every text network: padding changes nothing, one pass gives all, and it can be cut, extended and rebuilt. */
import { addAdapters, Lora, networkValues, selectBackend, tf } from '@attune/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createTextNetwork } from './create.ts';
import type { TextNetwork, TextNetworkSpec } from './text-network.ts';

const sizes = { vocabularySize: 12, classes: 3, embeddingSize: 5, hiddenSize: 4, dropout: 0.5 };
const SPECS: readonly TextNetworkSpec[] = [
  { architecture: 'lstm', ...sizes },
  { architecture: 'text-cnn', ...sizes, windows: [2, 3] },
  { architecture: 'bi-lstm', ...sizes, layers: 2 },
  { architecture: 'cnn-pair', ...sizes, windows: [5], matching: 'concatenation' },
  { architecture: 'cnn-pair', ...sizes, windows: [2], matching: 'heuristics' },
];

/** Texts of 3, 1 and 0 words, padded to a length. */
function texts({ architecture }: TextNetworkSpec, length: number): tf.Tensor {
  const rows = [[3, 1, 7], [9], [], [2, 2, 5], [4, 11], [6]];
  const padded = rows.map((row) => [...row, ...new Array(length - row.length).fill(0)]);
  return architecture === 'cnn-pair'
    ? tf.tensor(padded.flat(), [3, 2, length], 'int32')
    : tf.tensor(padded.slice(0, 3).flat(), [3, length], 'int32');
}

describe.each(['cpu', 'onnx'])('on %s', (backend) => {
  beforeAll(async () => {
    await selectBackend({ prefer: backend });
  });

  describe.each(SPECS.map((spec) => [`${spec.architecture} ${spec.matching ?? ''}`, spec] as const))(
    '%s',
    (_, spec) => {
      const create = () => createTextNetwork(spec, { seed: 1 });

      it('does not see padding, and takes a text without words', async () => {
        const network = create();
        const logits = await network.apply(texts(spec, 3)).data();
        expect(logits.every(Number.isFinite)).toBe(true);
        expect(new Set(logits).size).toBeGreaterThan(6);
        for (const length of [4, 9]) {
          const again = await network.apply(texts(spec, length)).data();
          again.forEach((value, i) => {
            expect(value).toBeCloseTo(logits[i]!, 5);
          });
        }
        network.dispose();
      });

      it('gives all of one pass, and goes on from the output of any layer', async () => {
        const network = create();
        const inputs = texts(spec, 5);
        const { taps, features, logits } = network.run(inputs, { taps: network.taps });
        expect(Object.keys(taps)).toEqual(network.taps);
        expect(features.shape).toEqual([3, network.featureSize]);
        expect([...(await network.head(features).data())]).toEqual([...(await logits.data())]);
        for (const from of network.taps) {
          const above = await network.apply(taps[from]!, { from, inputs }).data();
          above.forEach((value, i) => {
            expect(value).toBeCloseTo(logits.dataSync()[i]!, 5);
          });
        }
        expect(() => network.apply(taps.embedding!, { from: 'embedding' })).toThrow('needs the option `inputs`');
        expect(() => network.tap(inputs, ['embeding'])).toThrow('Did you mean embedding');
        const dropped = network.apply(inputs, { training: true });
        expect([...(await dropped.data())]).not.toEqual([...(await logits.data())]);
        network.dispose();
      });

      it('has the layer groups E, H and O, with every parameter in one', () => {
        const network = create();
        const names = network.layerGroups.map(({ name }) => name);
        expect(names).toEqual(['embedding', 'hidden', ...(spec.layers === 2 ? ['hidden2'] : []), 'head']);
        expect(network.layerGroups.flatMap(({ parameters }) => parameters).sort()).toEqual(
          [...network.parameters.keys()].sort(),
        );
        network.dispose();
      });

      it('can be cut, given another head, adapters and LoRA, and keeps no tensors', async () => {
        const logitsOf = (network: TextNetwork, length: number) =>
          Array.from(tf.tidy(() => network.apply(texts(spec, length)).dataSync()));
        const close = (values: number[]) => values.map((value) => expect.closeTo(value, 5));
        const before = tf.memory().numTensors;
        const network = create();
        for (const tap of network.taps) {
          const cut = create();
          cut.cutAt(tap, 3);
          expect(cut.taps.at(-1)).toBe(tap);
          cut.resetHead(2, 4);
          expect(cut.spec.classes).toBe(2);
          expect(logitsOf(cut, 8)).toEqual(close(logitsOf(cut, 3)));
          cut.dispose();
        }
        const logits = logitsOf(network, 4);
        addAdapters(network, { reduction: 2 }, 1);
        const lora = new Lora(network, { rank: 1, alpha: 2 }, 1);
        expect(logitsOf(network, 4)).toEqual(close(logits));
        // What was added now says something, and padding is still not seen.
        for (const { name, variable } of network.parameters.values())
          if (/adapter|lora/.test(name)) tf.tidy(() => variable.assign(tf.fill(variable.shape, 0.1)));
        const extended = logitsOf(network, 3);
        expect(extended).not.toEqual(close(logits));
        expect(logitsOf(network, 8)).toEqual(close(extended));
        lora.mergeAndRemove();
        expect(logitsOf(network, 3)).toEqual(close(extended));
        network.dispose();
        expect(tf.memory().numTensors).toBe(before);
      });

      it('is rebuilt from its sizes, and one seed is one network', async () => {
        const network = create();
        expect(network.spec).toEqual(spec);
        const [one, two] = [
          await networkValues(network),
          await networkValues(createTextNetwork(network.spec, { seed: 1 })),
        ];
        expect(two).toEqual(one);
        network.dispose();
      });
    },
  );
});

describe('what cannot be', () => {
  it.each<[object, string]>([
    [{ architecture: 'lstn' }, 'Did you mean lstm'],
    [{ hiddenSize: 0 }, 'hiddenSize of lstm cannot be 0'],
    [{ dropout: 1 }, 'dropout of lstm cannot be 1'],
    [{ architecture: 'text-cnn', windows: [3, 3] }, 'of different lengths'],
    [{ hiddenSize: 4096 }, 'would have 67,190,784 weights'],
    [{ architecture: 'bi-lstm', layers: 99 }, 'layers of bi-lstm cannot be 99'],
    [{ architecture: 'cnn-pair', matching: 'sum' }, 'matching of cnn-pair cannot be "sum"'],
  ])('is said: %j', (change, message) => {
    expect(() => createTextNetwork({ ...SPECS[0]!, ...change } as TextNetworkSpec)).toThrow(message);
  });

  it('is said of word vectors', () => {
    expect(() => createTextNetwork(SPECS[0]!, { embeddings: new Float32Array(59) })).toThrow('need 60');
    const embeddings = Float32Array.from({ length: 60 }, (_, i) => i);
    const network = createTextNetwork(SPECS[0]!, { embeddings });
    embeddings.fill(0);
    expect(network.parameters.get('embedding.weight')!.variable.dataSync()[59]).toBe(59);
  });
});
