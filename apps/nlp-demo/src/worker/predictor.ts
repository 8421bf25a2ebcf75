/** A trained network's answers, and how the words of a text speak for them. */
import { type CompiledStep, compileStep, tf } from '@attune/core';
import { breathe, frozen } from '@attune/demo-parts/worker';
import { paddedBatch, type TextExample } from '@attune/nlp';
import type { Explanation, Prediction, Results } from '../api.ts';
import { encodeTexts, type TextModel } from './text-model.ts';

const BATCH = 32;
/** Lengths are multiples of it: each is compiled once. */
const MULTIPLE = 8;
const SHOWN = 8;

export class Predictor {
  private readonly model: TextModel;
  private readonly step: CompiledStep<[tf.Tensor], tf.Tensor>;

  constructor(model: TextModel) {
    this.model = model;
    this.step = compileStep((inputs: tf.Tensor) => model.network.run(inputs).logits, { name: 'predict' });
  }

  dispose(): void {
    this.step.dispose();
  }

  /** @param texts Encoded. @returns Of each text the logits of its classes. */
  async logits(texts: readonly Int32Array[]): Promise<Float32Array[]> {
    const { network, parts } = this.model;
    const { classes } = network;
    const longest = texts.reduce((most, { length }) => Math.max(most, length / parts), 1);
    const length = MULTIPLE * Math.ceil(longest / MULTIPLE);
    const rows: Float32Array[] = [];
    await frozen(network, async () => {
      for (let first = 0; first < texts.length; first += BATCH) {
        const some = texts.slice(first, first + BATCH);
        // Filled up with texts of its own, as another shape would be another trace.
        const full = Array.from({ length: BATCH }, (_, i) => i % some.length);
        const { inputs, shape } = paddedBatch(
          { texts: some, parts, labels: new Int32Array(BATCH), cut: NOTHING_CUT },
          full,
          length,
        );
        const batch = tf.tensor(inputs, [BATCH, ...shape], 'int32');
        const output = await this.step.run(batch);
        const values = (await output.data()) as Float32Array;
        for (const row of some.keys()) rows.push(values.slice(row * classes, (row + 1) * classes));
        tf.dispose([batch, output]);
        await breathe();
      }
    });
    return rows;
  }

  async results(
    split: Results['split'],
    classes: readonly string[],
    examples: readonly TextExample[],
  ): Promise<Results> {
    const logits = await this.logits(encodeTexts(this.model, examples).texts);
    const predictions = examples.map(({ text, label }, i): Prediction => {
      const probabilities = softmax(logits[i]!);
      const predicted = probabilities.indexOf(Math.max(...probabilities));
      return { text, label, predicted, probability: probabilities[predicted]! };
    });
    const count = examples.length;
    const right = predictions.filter(({ label, predicted }) => label === predicted).length;
    const most = Math.max(...classes.map((_, label) => examples.filter((example) => example.label === label).length));
    return {
      classes,
      split,
      count,
      accuracy: right / count,
      majority: most / count,
      unsure: predictions.sort((a, b) => a.probability - b.probability).slice(0, SHOWN),
    };
  }

  /**
   * Occlusion: each word in turn is replaced by the unknown word; what the predicted class's log-odds lose is what the word
   * says for it (Li, Monroe and Jurafsky 2016, arXiv:1612.08220, erase words in this way).
   */
  async explain(text: string, classes: readonly string[]): Promise<Explanation> {
    const words = this.model.words(text);
    const hidden = words.map((_, i) => words.map((word, k) => (k === i ? undefined : word)));
    const [whole, ...without] = await this.logits([words, ...hidden].map((some) => this.model.encode(some)));
    const probabilities = softmax(whole!);
    const predicted = probabilities.indexOf(Math.max(...probabilities));
    const odds = logOdds(whole!, predicted);
    return {
      classes,
      probabilities,
      predicted,
      words: words.map((word, i) => ({
        word,
        known: this.model.knows(word),
        weight: odds - logOdds(without[i]!, predicted),
      })),
    };
  }
}

const NOTHING_CUT = { texts: 0, words: 0 };

function softmax(logits: Float32Array): number[] {
  const most = Math.max(...logits);
  const powers = Array.from(logits, (value) => Math.exp(value - most));
  const sum = powers.reduce((total, power) => total + power);
  return powers.map((power) => power / sum);
}

/** ln(p / (1 - p)) of a class, from the logits: finite where p is all but 1. */
function logOdds(logits: Float32Array, label: number): number {
  const others = [...logits].filter((_, i) => i !== label);
  const most = Math.max(...others);
  return logits[label]! - most - Math.log(others.reduce((sum, value) => sum + Math.exp(value - most), 0));
}
