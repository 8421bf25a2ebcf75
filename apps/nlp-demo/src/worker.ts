/** The worker: everything that computes. */
import { expose } from 'comlink';
import { Studio } from './worker/studio.ts';

expose(new Studio());
