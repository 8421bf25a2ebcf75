import { silentProgress } from '@attune/core';
import { expect, it, vi } from 'vitest';
import { calmProgress } from './calm-progress.ts';

it('announces once, and tells the first epoch, the last, and those between that are apart', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const told: number[] = [];
    const announce = vi.fn();
    const progress = calmProgress({ ...silentProgress, epoch: ({ epoch }) => void told.push(epoch) }, announce);
    for (let epoch = 0; epoch < 20; epoch++) {
      progress.epoch({ epoch } as Parameters<typeof progress.epoch>[0], 20);
      vi.advanceTimersByTime(100);
    }
    expect(told).toEqual([0, 5, 10, 15, 19]);
    expect(announce).toHaveBeenCalledTimes(1);
  } finally {
    vi.useRealTimers();
  }
});
