/** Runs the examples of README.md as they stand there, on a tiny network. */
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { TinyNetwork } from '../test/tiny-network.ts';
import { SHAPE, toyExamples, toySource } from '../test/toy-task.ts';
import { selectBackend } from './backend.ts';
import * as core from './index.ts';

const exported: Readonly<Record<string, unknown>> = core;

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const examples = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!);
type AsyncFunction = (...values: unknown[]) => Promise<void>;
const asyncFunction = (async () => {}).constructor as new (...names: string[]) => AsyncFunction;

/** The only example that holds `call`, with what it imports and takes for given. @returns What it printed. */
async function run(call: string, given: Record<string, unknown>): Promise<unknown[]> {
  const found = examples.filter((code) => code.includes(call));
  expect(found.length).toBe(1);
  const [, imports, body] = /^import \{ (.*?) \} from '@attune\/core';\n(.*)$/s.exec(found[0]!)!;
  const scope: Record<string, unknown> = { ...given, selectBackend: () => selectBackend({ prefer: 'cpu' }) };
  for (const imported of imports!.split(', ')) scope[imported] ??= exported[imported];
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await new asyncFunction(...Object.keys(scope), body!)(...Object.values(scope));
    return log.mock.calls[0]!;
  } finally {
    log.mockRestore();
  }
}

describe('README.md', () => {
  beforeEach(async () => {
    await selectBackend({ prefer: 'cpu' });
  });

  it('fine-tunes in one call', async () => {
    const [own, held] = [toyExamples(45, 1), toyExamples(15, 2)];
    const [accuracy, headEpochs, epochs] = await run('fineTune(', {
      network: new TinyNetwork(3, 1),
      shape: SHAPE,
      ...own,
      heldOut: held.inputs,
      heldOutLabels: held.labels,
    });
    expect(accuracy).toBeGreaterThan(0);
    expect(headEpochs).toBe(40);
    expect(epochs).toBeGreaterThan(5);
  });

  it('finds a learning rate', async () => {
    const [points, ...rates] = await run('findLearningRate(', {
      network: new TinyNetwork(3, 1),
      train: toySource(40, 1),
    });
    expect(points).toBeGreaterThan(50);
    for (const rate of rates) expect(rate).toBeGreaterThan(1e-7);
  });

  it('learns several labels', async () => {
    const { inputs, labels } = toyExamples(30, 1);
    const targets = Float32Array.from({ length: 90 }, (_, i) => Number(labels[Math.floor(i / 3)]! >= i % 3));
    const printed = await run("loss: 'sigmoid'", {
      network: new TinyNetwork(3, 1),
      shape: SHAPE,
      count: 30,
      inputs,
      targets,
    });
    for (const metric of printed) expect(metric).toBeGreaterThanOrEqual(0);
  });

  it('names every option of fit', () => {
    const source = readFileSync(new URL('./train/fit-options.ts', import.meta.url), 'utf8');
    const body = /export interface FitOptions \{(.*?)^\}/ms.exec(source)![1]!;
    const options = [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name!);
    expect(options.length).toBeGreaterThan(20);
    const section = readme.slice(readme.indexOf('## Options of `fit`'), readme.indexOf('## Finding a learning rate'));
    const table = section
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => line.split('|')[1]!);
    for (const option of options) expect(table.join(), option).toMatch(new RegExp(`\`${option}[\`:]`));
  });
});
