/**
 * Registers tfjs's gradients. tfjs-core's own bundle for Node leaves them out, and the file that holds them is not
 * loadable there (ES modules without extensions); tfjs-layers registers them in Node and in browsers alike.
 */
import '@tensorflow/tfjs-layers';
