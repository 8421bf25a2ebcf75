/** SUPPORT.md: how each of tfjs's kernels runs on this backend. Written by `npm run support`, checked by a test. */
import { getKernel } from '@tensorflow/tfjs-core';
import { nativeKernels } from './kernels/index.ts';
import { kernelNames, kernelSupport } from './register.ts';

/** Why kernels have no ONNX form. */
const FALLBACK_REASONS: Readonly<Record<string, string>> = {
  Draw: 'draws on a canvas',
  Multinomial: "tfjs's own random numbers, so that a seed gives the same samples",
  NonMaxSuppressionV3: 'the size of the output depends on the data',
  NonMaxSuppressionV4: 'the size of the output depends on the data',
  NonMaxSuppressionV5: 'the size of the output depends on the data',
  RaggedGather: 'ragged tensors: the size of the output depends on the data',
  RaggedRange: 'ragged tensors: the size of the output depends on the data',
  RaggedTensorToTensor: 'ragged tensors: the size of the output depends on the data',
  SparseFillEmptyRows: 'sparse tensors: the size of the output depends on the data',
  SparseReshape: 'sparse tensors: bookkeeping of indices',
  SparseSegmentMean: 'the size of the output depends on the data',
  SparseSegmentSum: 'the size of the output depends on the data',
  StaticRegexReplace: 'strings',
  StringNGrams: 'strings',
  StringSplit: 'strings',
  StringToHashBucketFast: 'strings',
  Unique: 'the size of the output depends on the data',
};

/** The table as Markdown. */
export function supportTable(): string {
  const ofTfjs = kernelNames().filter((name) => getKernel(name, 'cpu') !== undefined);
  const rows = ofTfjs.map((name) => {
    const support = kernelSupport(name);
    const note = support === 'fallback' ? FALLBACK_REASONS[name] : nativeKernels().get(name)?.limits;
    return { name, support, note: note ?? '' };
  });
  const count = (support: string) => rows.filter((row) => row.support === support).length;
  const inGraph = count('native') + count('structural');
  const percentage = ((100 * inGraph) / rows.length).toFixed(1);
  return `# Kernels

Of the ${rows.length} kernels of TensorFlow.js's \`cpu\` backend, ${inGraph} (${percentage} %) need no help from it here:

- **native** (${count('native')}): written as ONNX operators; part of the recorded graph and of captured steps.
- **structural** (${count('structural')}): no work at all, only another shape or view of the same data.
- **fallback** (${count('fallback')}): run on TensorFlow.js's own cpu kernel over host memory, which computes the graph up to there
  first, and cannot happen inside a captured step.

A limit names the calls of a native kernel that have an ONNX form; others fall back. Calls on strings fall back
always, and those on complex numbers wherever the kernel is not one of Complex, Real, Imag, ComplexAbs, FFT and IFFT.

This file is written by \`npm run support\`.

| kernel | runs as | limit, or reason |
| --- | --- | --- |
${rows.map(({ name, support, note }) => `| ${name} | ${support} | ${note} |`).join('\n')}
`;
}
