/**
 * Every differentiable kernel against tfjs's cpu backend, values and gradients, over generated shapes, strides, paddings
 * and broadcasts.
 */
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { registerForTests, seenKernels } from '../../test/compare.ts';
import { elementwiseSuite } from '../../test/elementwise-suite.ts';
import { layoutSuite } from '../../test/layout-suite.ts';
import { spatialSuite } from '../../test/spatial-suite.ts';
import { kernelNames, kernelSupport } from '../register.ts';

registerForTests();
elementwiseSuite();
spatialSuite();
layoutSuite();

it('leaves no differentiable kernel out', () => {
  const differentiable = kernelNames().filter((name) => tf.getGradient(name) !== undefined);
  expect(differentiable.length).toBeGreaterThan(90);
  const unchecked = differentiable.filter((name) => kernelSupport(name) === 'native' && !seenKernels.has(name));
  // ComplexAbs has a gradient, but Complex, which its input comes from, has none.
  expect(unchecked.filter((name) => name !== 'ComplexAbs')).toEqual([]);
});
