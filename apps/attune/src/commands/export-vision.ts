/** `attune export` of a run on images: its network as a file that other programs run. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tf, UserError } from '@attune/core';
import { writeFileAtomic } from '@attune/core/node';
import { RUN_FILES, readFinishedRecord } from '@attune/vision';
import { loadNetwork } from '@attune/zoo/node';
import { INPUT_NAME, OUTPUT_NAME } from '../export/graph-model.ts';
import { writeTfjs } from '../export/write-tfjs.ts';
import type { CommandOptions } from './command-options.ts';
import { backendOf, outputOf } from './command-options.ts';

export interface ExportVisionOptions extends CommandOptions {
  readonly format: 'onnx' | 'safetensors' | 'tfjs';
  readonly out: string;
}

export async function exportVision(run: string, options: ExportVisionOptions): Promise<void> {
  const { format, out } = options;
  const output = outputOf(options);
  const record = await readFinishedRecord(run);
  const model = join(run, RUN_FILES.model);
  const backend = await backendOf(options);
  const { network } = await loadNetwork(model);
  try {
    const { preprocessing } = network;
    const shape = [null, preprocessing.size, preprocessing.size, preprocessing.channels === 'gray' ? 1 : 3];
    const metadata = { network: record.from, plan: record.plan.name, classes: record.classes, preprocessing };
    let files = [out];
    switch (format) {
      case 'safetensors':
        // The run's own file, which was read and checked just now.
        await writeFileAtomic(out, await readFile(model));
        break;
      case 'onnx': {
        if (tf.getBackend() !== 'onnx')
          throw new UserError(`The backend ${backend.name} cannot write ONNX.`, 'Leave --backend out, or take onnx.');
        const { exportOnnx } = await import('@attune/backend-onnx');
        const bytes = exportOnnx((images) => network.apply(images as tf.Tensor4D), [{ name: INPUT_NAME, shape }], {
          outputNames: [OUTPUT_NAME],
          name: record.from,
          metadata: Object.fromEntries(
            Object.entries(metadata).map(([key, value]) => [
              key,
              typeof value === 'string' ? value : JSON.stringify(value),
            ]),
          ),
        });
        await writeFileAtomic(out, bytes);
        break;
      }
      case 'tfjs':
        files = await writeTfjs(network, out, metadata);
        break;
      default:
        format satisfies never;
    }
    output.result(
      { run, format, files, input: { name: INPUT_NAME, shape }, output: OUTPUT_NAME, classes: record.classes },
      [
        `wrote ${files.join(' and ')}`,
        ...(format === 'safetensors'
          ? []
          : [`input ${INPUT_NAME} [batch, ${shape.slice(1).join(', ')}], preprocessed; output ${OUTPUT_NAME}`]),
      ].join('\n'),
    );
  } finally {
    network.dispose();
  }
}
