/** What is chosen and said of runs on images. */
import { namedPlan } from '@attune/core';
import type { VisionRecord } from '@attune/vision';
import { describe, expect, it } from 'vitest';
import { choosePictures, visionFacts } from './reported-run.ts';

describe('choosePictures', () => {
  const predictions = (pairs: readonly [number, number][]) =>
    pairs.map(([label, prediction], i) => ({ name: String(i), label, prediction }));

  it('takes the missed first, from the classes in turn', () => {
    const pairs: [number, number][] = [
      [0, 0],
      [0, 1],
      [0, 1],
      [1, 0],
      [1, 1],
      [0, 0],
    ];
    expect(choosePictures(predictions(pairs))).toEqual([1, 3, 2, 0, 4, 5]);
  });

  it('takes at most six of each kind', () => {
    const missed = Array.from({ length: 20 }, (): [number, number] => [0, 1]);
    const right = Array.from({ length: 20 }, (): [number, number] => [1, 1]);
    expect(choosePictures(predictions([...missed, ...right]))).toHaveLength(12);
    expect(choosePictures([])).toEqual([]);
  });
});

it('visionFacts says the plan in words, where weights came from, what was kept and what was left out', () => {
  const record = {
    plan: namedPlan('full'),
    source: { file: 'weights.safetensors', sha256: 'ab'.repeat(32) },
    result: { steps: 12, bestEpoch: 1, stopped: 'epochs' },
    data: { skipped: [{ name: 'broken.jpg', reason: 'the file is empty' }] },
  } as unknown as VisionRecord;
  const facts = new Map(visionFacts(record));
  expect(facts.get('plan')).toContain('moves everything');
  expect(facts.get('source weights')).toContain('weights.safetensors (SHA-256 abababababab');
  expect(facts.get('updates')).toBe('12, weights of epoch 2 kept, stopped by epochs');
  expect(facts.get('images left out')).toBe('broken.jpg (the file is empty)');
  expect(new Map(visionFacts({ ...record, source: null, result: null })).get('source weights')).toBe('none');
});
