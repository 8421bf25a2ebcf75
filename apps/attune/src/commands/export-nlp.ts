/** `attune export` of a run on texts: a folder that plain transformers.js runs, or the weights. */
import { cp, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '@attune/core';
import {
  exportEncoder,
  exportTextNetwork,
  loadEncoder,
  loadTextNetwork,
  readFinishedTextRecord,
  TEXT_RUN_FILES,
  type TextRecord,
} from '@attune/nlp';
import type { CommandOptions } from './command-options.ts';
import { backendOf, outputOf } from './command-options.ts';

export interface ExportTextsOptions extends CommandOptions {
  readonly format: 'onnx' | 'safetensors' | 'tfjs';
  readonly out: string;
}

export async function exportTexts(run: string, options: ExportTextsOptions): Promise<void> {
  const { format, out } = options;
  const output = outputOf(options);
  const record = await readFinishedTextRecord(run);
  if (format === 'tfjs')
    throw new UserError('Networks of texts are not written for TensorFlow.js.', 'Take --format onnx or safetensors.');
  if ((await stat(out).catch(() => undefined)) !== undefined)
    throw new UserError(`${out} is there already.`, 'Choose another place, or delete it.');
  await backendOf(options);
  const say = format === 'onnx' ? await writeOnnx(run, record, out) : await writeWeights(run, record, out);
  output.result({ run, format, files: [out], classes: record.classes }, say);
}

/** @returns What was written, and how it is used. */
async function writeOnnx(
  run: string,
  { model, settings, classes: labels, pairs }: TextRecord,
  out: string,
): Promise<string> {
  if (model === 'frozen')
    throw new UserError(
      `The run in ${run} is a head on a frozen encoder, which is not written as ONNX.`,
      'Take --format safetensors.',
    );
  if (model === 'words') {
    const { network, vocabulary } = await loadTextNetwork(join(run, TEXT_RUN_FILES.model));
    try {
      await exportTextNetwork(network, out, { vocabulary, labels, maxLength: settings.maxLength });
    } finally {
      network.dispose();
    }
  } else {
    const { network, tokenizer } = await loadEncoder(join(run, TEXT_RUN_FILES.encoder));
    try {
      await exportEncoder(network, out, { tokenizer, labels });
    } finally {
      network.dispose();
    }
  }
  const use = pairs
    ? 'await tokenizer(texts, { text_pair: others, padding: true }), for AutoModelForSequenceClassification'
    : `await pipeline('text-classification', '/path/to/${out}', { dtype: 'fp32' })`;
  return [`wrote ${out}`, `in JavaScript, with @huggingface/transformers: ${use}`].join('\n');
}

/** The run's own file or folder. */
async function writeWeights(run: string, { model }: TextRecord, out: string): Promise<string> {
  const name = { words: TEXT_RUN_FILES.model, encoder: TEXT_RUN_FILES.encoder, frozen: TEXT_RUN_FILES.head }[model];
  await cp(join(run, name), out, { recursive: true, errorOnExist: true, force: false });
  return `wrote ${out}`;
}
