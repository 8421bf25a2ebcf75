import { expect, it } from 'vitest';
import { describeSittings } from './time.ts';

it('adds up the sittings of a study, and names the machine', () => {
  const machine = { processor: 'A', cores: 2, 'load at the start': 0, node: '20.20.2', peakGflops: 57 };
  const sittings = [
    { date: '2026-01-01', machine, seconds: 3600, studySeconds: 3600 },
    { date: '2026-01-02', machine, seconds: 1830, studySeconds: 600 },
  ];
  expect(describeSittings(sittings)).toBe(
    'The study took 1 h 10 min, and 1 h 31 min with what was looked at because of what came out, in 2 sittings, on 2 cores (A, 57 GFLOP/s in a product of 2048 on all of them; Node 20.20.2).',
  );
  expect(describeSittings(sittings.slice(0, 1))).toContain('came out, at one sitting,');
});
