import { expect, it } from 'vitest';
import { availableProviders } from './providers.ts';

it('says which providers run here, and of the others why not', async () => {
  const statuses = await availableProviders();
  expect(statuses.map(({ provider }) => provider)).toEqual(['cpu', 'webgpu', 'cuda', 'coreml', 'dml']);
  expect(statuses[0]).toEqual({ provider: 'cpu', available: true, reason: null });
  for (const { available, reason } of statuses) {
    if (available) expect(reason).toBeNull();
    else expect(reason).toMatch(/^[^\n]{10,}$/);
  }
  // Core ML is Apple's and DirectML is Microsoft's.
  expect(
    statuses.filter(({ provider, available }) => ['coreml', 'dml'].includes(provider) && available).length,
  ).toBeLessThan(2);
});
