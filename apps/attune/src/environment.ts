/** The machine and the versions that a result was got with. */
import { createRequire } from 'node:module';
import { availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { tf } from '@attune/core';
import type { Fact } from '@attune/report';
import sharp from 'sharp';
import { VERSION } from './version.ts';

export interface Environment {
  readonly system: string;
  readonly processor: string;
  /** Cores that this process may use. */
  readonly cores: number;
  /** Of the machine, GiB. */
  readonly memory: number;
  readonly versions: {
    readonly attune: string;
    readonly node: string;
    readonly tensorflow: string;
    readonly onnxruntime: string;
    readonly sharp: string;
  };
}

export function environment(): Environment {
  const require = createRequire(import.meta.url);
  const { version: onnxruntime } = require('onnxruntime-node/package.json') as { version: string };
  return {
    system: `${platform()} ${release()} ${process.arch}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    versions: {
      attune: VERSION,
      node: process.versions.node,
      tensorflow: tf.version_core,
      onnxruntime,
      sharp: sharp.versions.sharp ?? 'unknown',
    },
  };
}

/** The machine, and the versions that a run's record does not hold. */
export function environmentFacts({ system, processor, cores, memory, versions }: Environment): Fact[] {
  return [
    ['system', system],
    ['processor', `${processor}, ${cores} cores, ${memory} GiB`],
    ['onnxruntime', versions.onnxruntime],
    ['sharp', versions.sharp],
  ];
}
