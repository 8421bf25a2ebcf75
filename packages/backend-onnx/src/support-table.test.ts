import { readFileSync } from 'node:fs';
import { getKernel } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { kernelNames, kernelSupport } from './register.ts';
import { supportTable } from './support-table.ts';

it('SUPPORT.md is what `npm run support` writes', () => {
  expect(readFileSync(new URL('../SUPPORT.md', import.meta.url), 'utf8')).toBe(supportTable());
});

it('says of every kernel of the cpu backend how it runs, and of every fallback why', () => {
  const table = supportTable();
  expect(kernelNames().length).toBeGreaterThanOrEqual(172);
  for (const name of kernelNames().filter((each) => getKernel(each, 'cpu') !== undefined)) {
    const row = table.split('\n').find((line) => line.startsWith(`| ${name} |`));
    expect(row, name).toContain(kernelSupport(name));
    if (kernelSupport(name) === 'fallback') expect(row).toMatch(/\| \S.* \|$/);
  }
});
