/** How well a network does on a source of examples. */
import { accuracy } from '../metrics/classification.ts';
import { type MultiLabelMetrics, multiLabelMetrics } from '../metrics/multi-label.ts';
import type { Network } from '../network.ts';
import { Random } from '../random.ts';
import { tf } from '../tensorflow.ts';
import { batchTensors } from './batch-tensors.ts';
import { ahead, type ExampleSource } from './data.ts';
import { type LossName, OBJECTIVES } from './objective.ts';
import { type EvaluationStep, evaluationStep, type Forward } from './steps.ts';

/**
 * Everything is in the order of the source. With the sigmoid loss, predictions and labels are [N, classes] of 0 and 1; with the
 * next-token loss they are of the tokens to be named, one after the other.
 */
export interface Evaluation {
  /** Mean cross-entropy in nats, of an example or a token. */
  readonly loss: number;
  /** Share of examples whose class is right, or every one of whose labels is, or of tokens that are; in [0, 1]. */
  readonly accuracy: number;
  readonly predictions: Int32Array;
  readonly labels: Int32Array;
  /** With the sigmoid loss alone. */
  readonly multiLabel?: MultiLabelMetrics;
}

export interface EvaluateOptions {
  readonly network: Network;
  readonly source: ExampleSource;
  readonly batchSize: number;
  /** Default `network`. */
  readonly forward?: Forward;
  /** What the network was trained with. Default `softmax`. */
  readonly loss?: LossName;
  /** A step made by `evaluationStep` for this network, when there are several evaluations. */
  readonly step?: EvaluationStep;
}

export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { network, source, batchSize, forward = 'network', loss: lossName = 'softmax' } = options;
  const { classes } = network;
  const several = lossName === 'sigmoid';
  const step = options.step ?? evaluationStep(network, forward, lossName);
  const predictions: number[] = [];
  const labels: number[] = [];
  let loss = 0;
  let rows = 0;
  try {
    const request = { epoch: 0, batchSize, firstBatch: 0, random: Random.fromSeed('evaluation') };
    for await (const batch of ahead(source.batches(request))) {
      const { inputs, targets, weights } = batchTensors(batch, batchSize, classes, { loss: lossName });
      const outputs = await step.run(inputs, targets);
      const [losses, predicted] = await Promise.all([outputs.losses.data(), outputs.predictions.data()]);
      const actual = { softmax: batch.labels, sigmoid: batch.targets!, 'next-token': batch.tokens! }[lossName];
      const width = several ? classes : 1;
      for (const row of OBJECTIVES[lossName].rows(batch)) {
        loss += losses[row]!;
        for (let i = row * width; i < (row + 1) * width; i++) {
          predictions.push(predicted[i]!);
          labels.push(actual[i]!);
        }
        rows++;
      }
      tf.dispose([inputs, targets, weights, outputs.losses, outputs.predictions]);
    }
  } finally {
    if (options.step === undefined) step.dispose();
  }
  const mean = loss / rows;
  if (!several)
    return {
      loss: mean,
      accuracy: accuracy(predictions, labels),
      predictions: Int32Array.from(predictions),
      labels: Int32Array.from(labels),
    };
  const multiLabel = multiLabelMetrics(predictions, labels, classes);
  return {
    loss: mean,
    accuracy: multiLabel.exactMatch,
    predictions: Int32Array.from(predictions, (score) => Number(score > 0)),
    labels: Int32Array.from(labels, (target) => Number(target > 0.5)),
    multiLabel,
  };
}
