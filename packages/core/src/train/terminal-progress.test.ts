import { describe, expect, it } from 'vitest';
import { Pace } from './progress.ts';
import { describeEpoch, describeSeconds, terminalProgress } from './terminal-progress.ts';

const step = { epoch: 1, epochs: 5, batch: 3, batches: 10, loss: 0.12345, secondsLeft: 75 };
const record = {
  epoch: 1,
  step: 20,
  'train/loss': 0.5,
  'train/accuracy': 0.75,
  'validation/loss': 0.6,
  'validation/accuracy': 0.7,
  'charts/learning_rate': 0.01,
  'charts/seconds': 12,
  'charts/examples_per_second': 53.4,
  'charts/trainable_parameters': 10,
};

describe('terminalProgress', () => {
  const run = (isTTY: boolean, columns = 80) => {
    const written: string[] = [];
    const progress = terminalProgress({ isTTY, columns, write: (text) => written.push(text) });
    progress.step(step);
    progress.step({ ...step, batch: 4 });
    progress.epoch(record, 5);
    return written;
  };

  it('redraws one line on a terminal, not more often than the eye sees', () => {
    expect(run(true)).toEqual([
      '\repoch 2/5  batch 3/10  loss 0.1235  1 min 15 s left\x1b[K',
      '\r\x1b[Kepoch 2/5  train 0.5000 75.0 %  validation 0.6000 70.0 %  12 s  53 examples/s\n',
    ]);
    expect(run(true, 20)[0]).toBe('\repoch 2/5  batch 3/\x1b[K');
  });

  it('writes plain lines elsewhere', () => {
    expect(run(false)).toEqual(['epoch 2/5  train 0.5000 75.0 %  validation 0.6000 70.0 %  12 s  53 examples/s\n']);
  });
});

it('tells when training waits for data, and not when it hardly does', () => {
  expect(describeEpoch({ ...record, 'charts/stall_share': 0.304 }, 5)).toMatch(
    /53 examples\/s {2}30 % waiting for data$/,
  );
  expect(describeEpoch({ ...record, 'charts/stall_share': 0.04 }, 5)).toMatch(/53 examples\/s$/);
});

describe('time', () => {
  it.each([
    [0.44, '0.4 s'],
    [12.4, '12 s'],
    [59.7, '1 min 0 s'],
    [200, '3 min 20 s'],
    [7500, '2 h 5 min'],
  ])('%d s are %s', (seconds, text) => expect(describeSeconds(seconds)).toBe(text));

  it('is estimated from what was seen', () => {
    const pace = new Pace();
    expect(pace.secondsLeft(10, 1)).toBeUndefined();
    pace.step(1);
    pace.step(3);
    pace.validation(5);
    expect(pace.secondsLeft(10, 2)).toBe(30);
  });
});
