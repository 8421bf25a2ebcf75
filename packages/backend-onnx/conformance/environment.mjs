/** Jasmine, tfjs with all its gradients and chained ops, and the backend under test; must be loaded before any spec. */
import { writeSync } from 'node:fs';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util';
import jasmineCore from 'jasmine-core';
import { registerWith } from '../src/register.ts';
import { nodeRuntime } from '../src/runtime/node.ts';

const { filter, provider, backend, shard, jobs, 'host-elements': hostElements } = JSON.parse(process.argv[2]);
const RESULTS = 3; // file descriptor

jasmineCore.boot(jasmineCore);
const environment = jasmine.getEnv();

if (backend === 'onnx') {
  registerWith(nodeRuntime(provider, 1), { hostElements: Number(hostElements) });
}
// In the order of the backends' own suites; the name is part of each spec's name.
setTestEnvs([{ name: backend, backendName: backend, isDataSync: true }]);

/** Runs this process's share of the specs and writes one line of JSON for each. */
export async function runSpecs() {
  const write = (result) => writeSync(RESULTS, `${JSON.stringify(result)}\n`);
  const share = new Set(environment.topSuite().children.filter((_, i) => i % jobs === shard));
  const mine = new Set();
  const collect = (suite) => {
    if (suite.children === undefined) mine.add(suite.id);
    else suite.children.forEach(collect);
  };
  share.forEach(collect);
  environment.configure({
    random: false,
    specFilter: (spec) => mine.has(spec.id) && spec.getFullName().includes(filter),
  });
  environment.addReporter({
    specDone({ fullName, status, failedExpectations, duration }) {
      if (status === 'excluded') return;
      const messages = failedExpectations.map(({ message }) => message);
      write({ name: fullName, status, messages, ms: duration });
    },
    suiteDone({ fullName, failedExpectations }) {
      for (const { message } of failedExpectations) {
        write({ name: `${fullName} (around its specs)`, status: 'failed', messages: [message] });
      }
    },
  });
  await environment.execute();
  write({ status: 'done' });
  // Native sessions keep threads that would hold the process.
  process.exit(0);
}
