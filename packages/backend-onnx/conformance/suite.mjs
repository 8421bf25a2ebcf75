/** The bundle's entry: sets the environment up, then loads every spec of tfjs-core, then runs this process's share. */
import './environment.mjs';
import '@tensorflow/tfjs-core/dist/tests.js';
import { runSpecs } from './environment.mjs';

await runSpecs();
