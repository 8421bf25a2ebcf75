/** The process of a JavaScript contender. Arguments: contender, workload. See contender.ts for the protocol. */
import { createInterface } from 'node:readline';
import { selectBackend, tf, VERSION } from '@attune/core';
import type { ContenderName } from './contender.ts';
import { median } from './median.ts';
import { WORKLOADS } from './workloads/index.ts';

const [name, workloadName] = process.argv.slice(2) as [ContenderName, string];
const answer = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function useBackend(): Promise<string> {
  if (name === 'attune') {
    await selectBackend({ prefer: 'onnx' });
    return `attune ${VERSION}`;
  }
  await import(name === 'tfjs-cpu' ? '@tensorflow/tfjs-backend-cpu' : '@tensorflow/tfjs-backend-wasm');
  await tf.setBackend(name === 'tfjs-cpu' ? 'cpu' : 'wasm');
  return `tfjs ${tf.version_core}`;
}

async function main(): Promise<void> {
  const workload = WORKLOADS.find((candidate) => candidate.name === workloadName);
  if (workload === undefined) throw new Error(`no workload '${workloadName}'`);
  const version = await useBackend();
  const step = workload.build();
  const timed = async () => {
    const start = performance.now();
    const value = await step.run();
    return { ms: performance.now() - start, value };
  };
  const first = await timed();
  answer({ ready: true, version, firstMs: first.ms, value: first.value });
  for await (const line of createInterface({ input: process.stdin })) {
    const times: number[] = [];
    for (let i = Number(line); i > 0; i--) times.push((await timed()).ms);
    answer({ ms: median(times), peakMiB: process.resourceUsage().maxRSS / 1024 });
  }
}

main().catch((error: unknown) => {
  answer({ error: error instanceof Error ? error.message.split('\n')[0]! : String(error) });
  process.exit(1);
});
