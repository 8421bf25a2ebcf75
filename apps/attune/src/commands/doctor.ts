/** `attune doctor`: what the program would run on and why, what it finds, what is missing, and what to do about it. */
import { stat } from 'node:fs/promises';
import type { ProviderStatus } from '@attune/backend-onnx';
import { availableProviders } from '@attune/backend-onnx';
import { catalogue } from '@attune/zoo';
import { dataDirectories, findPretrained } from '@attune/zoo/node';
import { environment } from '../environment.ts';
import { findDataSets } from '../input/data-sets.ts';
import { WEIGHT_DIRECTORIES } from '../input/weights.ts';
import { list } from '../terminal/table.ts';
import type { CommandOptions } from './command-options.ts';
import { backendOf, outputOf } from './command-options.ts';

export async function doctorCommand(options: CommandOptions): Promise<void> {
  const output = outputOf(options);
  const chosen = await backendOf(options);
  const machine = environment();
  const providers = await availableProviders();
  const directories = await Promise.all(
    dataDirectories().map(async (path) => ({
      path,
      exists: await stat(path).then(
        (found) => found.isDirectory(),
        () => false,
      ),
    })),
  );
  const weights: { name: string; file: string | null }[] = [];
  for (const name of catalogue.keys())
    weights.push({
      name,
      file: await findPretrained(name, { dataDirectories: WEIGHT_DIRECTORIES }).catch(() => null),
    });
  const dataSets = (await findDataSets()).map(({ name }) => name);
  const advice = adviceFor({ chosen: chosen.name, providers, directories, weights });
  const document = { ...machine, backend: chosen, providers, dataDirectories: directories, weights, dataSets, advice };

  const there = weights.filter(({ file }) => file !== null).map(({ name }) => name);
  const text = [
    list([
      ['attune', machine.versions.attune],
      ['node', machine.versions.node],
      ['system', machine.system],
      ['processor', `${machine.processor}, ${machine.cores} threads, ${machine.memory} GiB`],
      ...Object.entries(machine.versions).filter(([name]) => !['attune', 'node'].includes(name)),
      ['backend', `${chosen.name}: ${chosen.reason}`],
      ...chosen.considered.map(({ name, available, why }) => [
        '  considered',
        `${name}: ${available ? 'available' : 'not available'}, ${why}`,
      ]),
      ...providers.map(({ provider, available, reason }) => [
        '  provider',
        `onnx:${provider}: ${available ? 'works' : `does not work: ${reason}`}`,
      ]),
      ...directories.map(({ path, exists }) => ['data directory', exists ? path : `${path} (not there)`]),
      ['weights', there.join(', ')],
      ['data sets', dataSets.join(', ')],
    ]),
    advice.length === 0 ? 'Nothing is missing.' : advice.map((line) => `- ${line}`).join('\n'),
  ].join('\n');
  output.result(document, text);
}

interface Findings {
  readonly chosen: string;
  readonly providers: readonly ProviderStatus[];
  readonly directories: readonly { readonly path: string; readonly exists: boolean }[];
  readonly weights: readonly { readonly name: string; readonly file: string | null }[];
}

/** What is missing and what to do, each a sentence or two. */
function adviceFor({ chosen, providers, directories, weights }: Findings): string[] {
  const advice: string[] = [];
  if (chosen === 'cpu')
    advice.push(
      'The backend is plain JavaScript, a hundred times slower: onnxruntime-node has no binary for this system.',
    );
  const gpu = providers.find(({ provider, available }) => available && provider !== 'cpu');
  if (gpu && !chosen.startsWith('onnx:') && !chosen.startsWith('tfjs'))
    advice.push(`A GPU can be used: --backend onnx:${gpu.provider}, or ATTUNE_BACKEND=onnx:${gpu.provider}.`);
  if (process.env.ATTUNE_DATA === undefined)
    advice.push('ATTUNE_DATA is not set: set it to the folder that holds your data sets and weights, if you have one.');
  else if (directories[0]?.exists === false)
    advice.push(`ATTUNE_DATA is ${directories[0].path}, and there is no such folder: correct or unset it.`);
  const missing = weights.filter(({ file }) => file === null).map(({ name }) => name);
  if (missing.length > 0)
    advice.push(
      `Weights that are not on this machine: ${missing.join(', ')}; 'attune models show NAME' says where they belong.`,
    );
  return advice;
}
