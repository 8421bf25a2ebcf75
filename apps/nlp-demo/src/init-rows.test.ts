import { expect, it } from 'vitest';
import { INIT_ROWS, initName } from './init-rows.ts';

it("has the paper's rows, each by the letters of its parts", () => {
  expect(INIT_ROWS.map(({ init }) => initName(init))).toEqual(INIT_ROWS.map(({ name }) => name));
  expect(INIT_ROWS.find(({ name }) => name === 'LLR')!.init).toEqual({ E: 'locked', H: 'locked', O: 'random' });
  expect(INIT_ROWS).toHaveLength(7);
});
