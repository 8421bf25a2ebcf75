/** What a report says of a run beyond its record's fields. */
import { namedPlan } from '@attune/core';
import type { TrainingRecord } from '@attune/core/node';
import { expect, it } from 'vitest';
import { runFacts } from './run-facts.ts';

it('says the plan in words, where weights came from, what was kept and what was left out', () => {
  const record = {
    plan: namedPlan('full'),
    source: { file: 'weights.safetensors', sha256: 'ab'.repeat(32) },
    result: { steps: 12, bestEpoch: 1, stopped: 'epochs' },
    data: { skipped: [{ name: 'broken.jpg', reason: 'the file is empty' }] },
  } as unknown as TrainingRecord;
  const facts = new Map(runFacts(record, 'images'));
  expect(facts.get('plan')).toContain('moves everything');
  expect(facts.get('source weights')).toContain('weights.safetensors (SHA-256 abababababab');
  expect(facts.get('updates')).toBe('12, weights of epoch 2 kept, stopped by epochs');
  expect(facts.get('images left out')).toBe('broken.jpg (the file is empty)');
  expect(new Map(runFacts({ ...record, source: null, result: null }, 'images')).get('source weights')).toBe('none');
});
