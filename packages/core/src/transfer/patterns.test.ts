import { describe, expect, it } from 'vitest';
import { fillPattern, matchesAny, matchPattern } from './patterns.ts';

describe('patterns', () => {
  it.each<[name: string, pattern: string, captured: string[] | undefined]>([
    ['conv1.weight', 'conv1.weight', []],
    ['conv1.weight', 'conv1', undefined],
    ['conv1.weight', '*', ['conv1.weight']],
    ['conv1.weight', 'conv*.weight', ['1']],
    ['conv.weight', 'conv*.weight', ['']],
    ['layer1.0.conv2.weight', 'layer*.*.conv*.weight', ['1', '0', '2']],
    ['a.b.a.b', 'a*b', ['.b.a.']],
    // A piece must not be used for the beginning and the end.
    ['aba', 'ab*ba', undefined],
    ['a.x.b', 'a*y*b', undefined],
    ['ab', 'a**b', ['', '']],
    ['a+b', 'a.b', undefined],
    ['', '*', ['']],
  ])('%s and %s', (name, pattern, captured) => {
    expect(matchPattern(name, pattern)).toEqual(captured);
    expect(matchesAny(name, ['nothing', pattern])).toBe(captured !== undefined);
  });

  it('carry what * stood for into another name, in order', () => {
    expect(fillPattern('features.*.*.weight', ['3', 'conv'])).toBe('features.3.conv.weight');
    expect(fillPattern('same', ['3'])).toBe('same');
    expect(fillPattern('*', ['$&'])).toBe('$&');
  });

  it('take no longer for a hostile name', () => {
    const started = performance.now();
    expect(matchPattern('a'.repeat(20_000), `${'a*'.repeat(200)}b`)).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(200);
  });
});
