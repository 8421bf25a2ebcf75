/**
 * Registers tfjs's gradients. tfjs-core's own bundle for Node leaves them out and its separate file is not loadable
 * there (ES modules without extensions), so in Node they come with the union package `@tensorflow/tfjs`.
 */
import { createRequire } from 'node:module';
import { getGradient } from '@tensorflow/tfjs-core';

if (getGradient('RealDiv') === undefined) createRequire(import.meta.url)('@tensorflow/tfjs');
