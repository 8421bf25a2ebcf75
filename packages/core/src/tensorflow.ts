/**
 * The one way to TensorFlow.js. Two copies of tfjs-core have two kernel registries and fail in odd ways, so every
 * package takes `tf` from here and none depends on tfjs-core by itself.
 *
 * tfjs-core comes without its gradients: they are registered by `dist/register_all_gradients`, which Node cannot load (it
 * is written as ES modules in a CommonJS package). Importing tfjs-layers is the public way that works in Node, where its
 * bundle holds them, and in browsers, where it imports them.
 */
import '@tensorflow/tfjs-layers';

export * as tf from '@tensorflow/tfjs-core';
