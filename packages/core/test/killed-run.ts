/**
 * A run that a test kills: `killed-run.ts FOLDER resume|start`. It writes a line for each step, waits a moment after each so
 * that there is time to be killed, and ends with one line of JSON: all final numbers.
 */
import '@tensorflow/tfjs-backend-cpu';
import { setTimeout as sleep } from 'node:timers/promises';
import { fit, namedPlan, tf } from '../src/index.ts';
import { RunFolder } from '../src/node.ts';
import { TinyNetwork } from './tiny-network.ts';
import { toySource } from './toy-task.ts';

const [path, mode] = process.argv.slice(2);
await tf.setBackend('cpu');
const recorder = new RunFolder(path!);
const network = new TinyNetwork(3, 1);
const train = toySource(40, 1, true);
const result = await fit({
  network,
  plan: namedPlan('gradual'),
  train: {
    count: train.count,
    async *batches(request) {
      for await (const batch of train.batches(request)) {
        await sleep(5);
        yield batch;
      }
    },
  },
  validation: toySource(15, 2),
  epochs: 4,
  batchSize: 4,
  learningRate: 0.02,
  seed: 7,
  recorder,
  checkpointSeconds: 0,
  resume: await recorder.open({ resume: mode === 'resume' }),
  progress: { step: ({ epoch, batch }) => process.stdout.write(`step ${epoch} ${batch}\n`), epoch: () => {} },
});
const history = result.history.map(
  ({ 'charts/seconds': _, 'charts/examples_per_second': __, 'charts/stall_share': ___, ...rest }) => rest,
);
const parameters = [...network.parameters].map(([name, { variable }]) => [name, [...variable.dataSync()]]);
process.stdout.write(`${JSON.stringify({ history, parameters })}\n`);
