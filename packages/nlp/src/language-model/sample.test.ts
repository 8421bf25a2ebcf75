import { Random } from '@attune/core';
import { describe, expect, it } from 'vitest';
import { checkSampling, type SamplingOptions, sampleToken } from './sample.ts';

/** log of 0.4, 0.3, 0.2, 0.1, in another order. */
const LOGITS = [0.1, 0.4, 0.2, 0.3].map(Math.log);
function shares(options: SamplingOptions, count = 20_000): number[] {
  const random = Random.fromSeed(1);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) counts[sampleToken(LOGITS, options, random)]!++;
  return counts.map((n) => n / count);
}
const near = (values: number[]) => values.map((value) => expect.closeTo(value, 1.7));

describe('sampleToken', () => {
  it.each<[string, SamplingOptions, number[]]>([
    ['as they are', {}, [0.1, 0.4, 0.2, 0.3]],
    ['at temperature 0.5: squared', { temperature: 0.5 }, [0.01, 0.16, 0.04, 0.09].map((p) => p / 0.3)],
    ['the top 2', { topK: 2 }, [0, 4 / 7, 0, 3 / 7]],
    ['more than there are', { topK: 9 }, [0.1, 0.4, 0.2, 0.3]],
    ['the nucleus of 0.65', { topP: 0.65 }, [0, 0.4 / 0.7, 0, 0.3 / 0.7]],
    ['the nucleus of 0.71', { topP: 0.71 }, [0, 0.4 / 0.9, 0.2 / 0.9, 0.3 / 0.9]],
    ['a nucleus of less than the likeliest', { topP: 0.01 }, [0, 1, 0, 0]],
    ['the nucleus of the top 3', { topK: 3, topP: 0.7 }, [0, 4 / 7, 0, 3 / 7]],
  ])('draws %s', (_, options, expected) => {
    const drawn = shares(options);
    expect(drawn).toEqual(near(expected));
    expected.forEach((p, i) => {
      if (p === 0) expect(drawn[i]).toBe(0);
    });
  });

  it('takes the likeliest at temperature 0, of equals the first, and draws nothing for it', () => {
    const random = Random.fromSeed(1);
    const state = random.state();
    expect(sampleToken([0, 3, 1, 3], { temperature: 0 }, random)).toBe(1);
    expect(random.state()).toEqual(state);
  });

  it('holds where logits are huge', () => {
    const random = Random.fromSeed(1);
    for (let i = 0; i < 10; i++) expect(sampleToken([1e4, -1e4, 9e3], {}, random)).toBe(0);
  });

  it.each([
    [{ temperature: -1 }, 'temperature is -1'],
    [{ temperature: Number.NaN }, 'temperature is NaN'],
    [{ topK: 0 }, 'topK is 0'],
    [{ topK: 1.5 }, 'topK is 1.5'],
    [{ topP: 0 }, 'topP is 0'],
    [{ topP: 1.1 }, 'topP is 1.1'],
  ])('refuses %j', (options, message) => expect(() => checkSampling(options)).toThrow(message));
});
