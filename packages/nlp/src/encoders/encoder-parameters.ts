/** The parameters of an encoder: which there are, in which group, and where their first values come from. */

import type { ParameterRole } from '@attune/core';
import { Random, tf } from '@attune/core';
import type { ParameterGroup } from '@attune/zoo';
import type { EncoderConfig } from './config.ts';

export interface ParameterSpec {
  readonly name: string;
  readonly role: ParameterRole;
  readonly shape: readonly number[];
}

export interface GroupSpec {
  readonly name: string;
  readonly parameters: readonly ParameterSpec[];
}

/** The groups below the head by depth: `embeddings`, `layer.0` and so on, and `pooler` where it is wanted. */
export function encoderGroups(config: EncoderConfig, pooler: boolean): GroupSpec[] {
  const { hiddenSize: size, innerSize, layers, vocabularySize, positions, tokenTypes } = config;
  const groups: GroupSpec[] = [
    {
      name: 'embeddings',
      parameters: [
        table('embeddings.word', vocabularySize, size),
        table('embeddings.position', positions, size),
        ...(tokenTypes > 0 ? [table('embeddings.token_type', tokenTypes, size)] : []),
        ...norm('embeddings.norm', size),
      ],
    },
  ];
  for (let i = 0; i < layers; i++) {
    const name = `layer.${i}`;
    groups.push({
      name,
      parameters: [
        ...['query', 'key', 'value', 'output'].flatMap((part) => dense(`${name}.attention.${part}`, size, size)),
        ...norm(`${name}.attention.norm`, size),
        ...dense(`${name}.inner.up`, size, innerSize),
        ...dense(`${name}.inner.down`, innerSize, size),
        ...norm(`${name}.inner.norm`, size),
      ],
    });
  }
  if (pooler) groups.push({ name: 'pooler', parameters: dense('pooler', size, size) });
  return groups;
}

/** The linear classifier. */
export function headGroup(size: number, classes: number): GroupSpec {
  return { name: 'head', parameters: dense('head', size, classes) };
}

function table(name: string, rows: number, size: number): ParameterSpec {
  return { name: `${name}.weight`, role: 'weight', shape: [rows, size] };
}

function dense(name: string, inputs: number, outputs: number): ParameterSpec[] {
  return [
    { name: `${name}.weight`, role: 'weight', shape: [inputs, outputs] },
    { name: `${name}.bias`, role: 'bias', shape: [outputs] },
  ];
}

function norm(name: string, size: number): ParameterSpec[] {
  return ['weight', 'bias'].map((part) => ({ name: `${name}.${part}`, role: 'norm', shape: [size] }));
}

/** First values of a parameter, row after row; they are copied. */
export type FirstValues = (spec: ParameterSpec) => Float32Array;

/** BERT's standard deviation of fresh tables, and of matrices of so many inputs. */
const DEVIATION = 0.02;
const BERT_SIZE = 768;

/**
 * Normal weights and tables, biases and shifts of 0, scales of 1: what BERT starts from. In narrower matrices the deviation is
 * greater, so that outputs are as large: with BERT's own, what a token hears of the others would be lost beside itself.
 */
export function freshValues(seed: number): FirstValues {
  const random = Random.fromSeed(seed);
  return ({ name, role, shape }) => {
    const values = new Float32Array(shape.reduce((product, side) => product * side, 1));
    if (role === 'bias' || (role === 'norm' && name.endsWith('.bias'))) return values;
    if (role === 'norm') return values.fill(1);
    const draws = random.fork(name);
    const deviation = name.startsWith('embeddings.') ? DEVIATION : DEVIATION * Math.sqrt(BERT_SIZE / shape[0]!);
    return values.map(() => draws.normal(0, deviation));
  };
}

export function makeGroup({ name, parameters }: GroupSpec, valuesOf: FirstValues): ParameterGroup {
  return {
    name,
    parameters: parameters.map((spec) => ({
      name: spec.name,
      role: spec.role,
      variable: tf.tidy(() => tf.variable(tf.tensor(valuesOf(spec).slice(), [...spec.shape], 'float32'))),
    })),
  };
}
