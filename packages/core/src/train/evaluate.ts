/** How well a network does on a source of examples. */
import { accuracy } from '../metrics/classification.ts';
import type { Network } from '../network.ts';
import { Random } from '../random.ts';
import { tf } from '../tensorflow.ts';
import { batchTensors } from './batch-tensors.ts';
import { ahead, type ExampleSource } from './data.ts';
import { type EvaluationStep, evaluationStep, type Forward } from './steps.ts';

export interface Evaluation {
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** In [0, 1]. */
  readonly accuracy: number;
  /** In the order of the source. */
  readonly predictions: Int32Array;
  readonly labels: Int32Array;
}

export interface EvaluateOptions {
  readonly network: Network;
  readonly source: ExampleSource;
  readonly batchSize: number;
  /** Default `network`. */
  readonly forward?: Forward;
  /** A step made by `evaluationStep` for this network, when there are several evaluations. */
  readonly step?: EvaluationStep;
}

export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { network, source, batchSize, forward = 'network' } = options;
  const step = options.step ?? evaluationStep(network, forward);
  const predictions: number[] = [];
  const labels: number[] = [];
  let loss = 0;
  try {
    const request = { epoch: 0, batchSize, firstBatch: 0, random: Random.fromSeed('evaluation') };
    for await (const batch of ahead(source.batches(request))) {
      const { inputs, targets, weights } = batchTensors(batch, batchSize, network.classes);
      const outputs = await step.run(inputs, targets);
      const [losses, classes] = await Promise.all([outputs.losses.data(), outputs.predictions.data()]);
      for (let i = 0; i < batch.labels.length; i++) {
        loss += losses[i]!;
        predictions.push(classes[i]!);
        labels.push(batch.labels[i]!);
      }
      tf.dispose([inputs, targets, weights, outputs.losses, outputs.predictions]);
    }
  } finally {
    if (options.step === undefined) step.dispose();
  }
  return {
    loss: loss / labels.length,
    accuracy: accuracy(predictions, labels),
    predictions: Int32Array.from(predictions),
    labels: Int32Array.from(labels),
  };
}
