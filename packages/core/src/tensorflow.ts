/**
 * The one way to TensorFlow.js. Two copies of tfjs-core have two kernel registries and fail in odd ways, so every
 * package takes `tf` from here and none depends on tfjs-core by itself.
 */
export * as tf from '@tensorflow/tfjs-core';
