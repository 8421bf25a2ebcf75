/** What a report shows of a run on images: its record and curves, and some images with what they were taken for. */
import type { ImageNetwork } from '@attune/core';
import { Random, tf } from '@attune/core';
import type { Picture, ReportedRun } from '@attune/report';
import { evaluationOf } from '@attune/report';
import type { Example, LabelKind, NamedPrediction, TuneVisionResult } from '@attune/vision';
import { centreView, imageSource, labelsOf, probabilitiesOf } from '@attune/vision';
import sharp from 'sharp';
import { runFacts } from './run-facts.ts';

/** Up to this many images of each kind: taken for another class, and recognised. */
const SHOWN = 6;

/** Images up to this side are kept as they are, pixels. Larger ones are shown at `SHOWN_SIDE`. */
const SMALL_SIDE = 64;
const SHOWN_SIDE = 128;

export async function reportRun({
  record,
  fit,
  dataset,
  network,
  ...evaluations
}: TuneVisionResult): Promise<ReportedRun> {
  const history = fit.history.map((epoch) => ({ ...epoch }));
  const run = { record, history, evaluated: evaluationOf(record, 'the run'), facts: runFacts(record, 'images') };
  const split = evaluations.test ? 'test' : evaluations.validation ? 'validation' : undefined;
  const evaluation = split && evaluations[split];
  if (!split || !evaluation) return run;
  const chosen = choosePictures(evaluation.predictions);
  const examples = chosen.map((index) => dataset.splits[split][index]!);
  const probabilities = await classProbabilities(network, examples, record.labels ?? 'single');
  const namesOf = (labels: readonly number[]) => labels.map((label) => record.classes[label]!).join(', ') || 'no label';
  const pictures = await Promise.all(
    examples.map(async (example, i): Promise<Picture> => {
      const predicted = evaluation.predictions[chosen[i]!]!;
      return {
        name: example.name,
        truth: namesOf(labelsOf(predicted)),
        prediction: namesOf(predictedLabels(predicted)),
        probability: probabilityOf(predicted, probabilities[i]!),
        ...(await encodePicture(example, network.preprocessing.size)),
      };
    }),
  );
  return { ...run, pictures };
}

/**
 * Positions of images to show: those taken for another class first, each kind from the classes in turn. Of several labels the
 * first counts for the turn.
 */
export function choosePictures(predictions: readonly NamedPrediction[]): number[] {
  const isRight = (prediction: NamedPrediction) => labelsOf(prediction).join() === predictedLabels(prediction).join();
  const inTurn = (right: boolean) => {
    const byClass = new Map<number, number[]>();
    for (const [i, prediction] of predictions.entries()) {
      const [label = -1] = labelsOf(prediction);
      if (isRight(prediction) === right) byClass.set(label, [...(byClass.get(label) ?? []), i]);
    }
    const classes = [...byClass].sort(([a], [b]) => a - b).map(([, indices]) => indices);
    const longest = Math.max(0, ...classes.map((indices) => indices.length));
    return Array.from({ length: longest }, (_, round) => classes.flatMap((indices) => indices[round] ?? [])).flat();
  };
  return [...inTurn(false).slice(0, SHOWN), ...inTurn(true).slice(0, SHOWN)];
}

function predictedLabels({ prediction, predictions }: NamedPrediction): readonly number[] {
  return predictions ?? [prediction];
}

/** Of a class; or of just these labels and no other, which the network's outputs make independent of each other. */
function probabilityOf({ prediction, predictions }: NamedPrediction, probabilities: Float32Array): number {
  if (predictions === undefined) return probabilities[prediction]!;
  return probabilities.reduce(
    (product, probability, label) => product * (predictions.includes(label) ? probability : 1 - probability),
    1,
  );
}

/** Probabilities by the network for each example, [N][classes]. */
async function classProbabilities(
  network: ImageNetwork,
  examples: readonly Example[],
  kind: LabelKind,
): Promise<Float32Array[]> {
  if (examples.length === 0) return [];
  const { preprocessing, classes } = network;
  const request = { epoch: 0, batchSize: examples.length, firstBatch: 0, random: Random.fromSeed('report') };
  const rows: Float32Array[] = [];
  for await (const { inputs, shape, labels } of imageSource(examples, { preprocessing, classes }).batches(request)) {
    const output = tf.tidy(() =>
      probabilitiesOf(
        network.apply(tf.tensor<tf.Rank.R4>(inputs, [labels.length, ...shape] as [number, number, number, number])),
        kind,
      ),
    );
    const values = (await output.data()) as Float32Array;
    output.dispose();
    for (let i = 0; i < labels.length; i++) rows.push(values.slice(i * classes, (i + 1) * classes));
  }
  return rows;
}

async function encodePicture(example: Example, size: number): Promise<{ source: string; isSmall: boolean }> {
  const view = centreView(await example.pixels(), size);
  const raw = sharp(Uint8Array.from(view, Math.round), { raw: { width: size, height: size, channels: 3 } });
  const isSmall = size <= SMALL_SIDE;
  const [type, bytes] = isSmall
    ? ['image/png', await raw.png().toBuffer()]
    : ['image/webp', await raw.resize(SHOWN_SIDE, SHOWN_SIDE).webp({ quality: 80 }).toBuffer()];
  return { source: `data:${type};base64,${bytes.toString('base64')}`, isSmall };
}
