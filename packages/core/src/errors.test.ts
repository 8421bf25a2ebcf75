import { describe, expect, it } from 'vitest';
import { editDistance, isUserError, nearestNames, suggestNames, UserError } from './errors.ts';

describe('UserError', () => {
  it('is one line that holds what is wrong and what to do', () => {
    const error = new UserError('No folder\n"photos"\u001b[31m.', 'Give one with --data.');
    expect(error.message).toBe('No folder "photos" [31m. Give one with --data.');
    expect(error.hint).toBe('Give one with --data.');
    expect(error.exitStatus).toBe(2);
    expect(error.name).toBe('UserError');
  });

  it('is told from other errors by name, as another copy of the class has another identity', () => {
    class UserErrorOfAnotherCopy extends Error {
      override readonly name = 'UserError';
    }
    expect(isUserError(new UserErrorOfAnotherCopy('x'))).toBe(true);
    expect(isUserError(new Error('x'))).toBe(false);
    expect(isUserError('UserError')).toBe(false);
  });
});

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['adamw', 'adawm', 1],
    ['flaw', 'lawn', 2],
    ['same', 'same', 0],
  ])('of %j and %j is %d', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});

describe('nearestNames', () => {
  const models = ['squeezenet1_0', 'mobilenet_v2_035', 'resnet18', 'resnet34', 'vgg16'];
  it('finds a mistyped name first', () => expect(nearestNames('squeezenet1.0', models)[0]).toBe('squeezenet1_0'));
  it('finds names that the given one begins', () =>
    expect(nearestNames('mobilenet', models)).toEqual(['mobilenet_v2_035']));
  it('keeps the nearest in front', () => expect(nearestNames('resnet19', models)[0]).toBe('resnet18'));
  it('finds nothing where nothing is near', () => expect(nearestNames('transformer', models)).toEqual([]));
  it('does not take any short name for another', () => expect(nearestNames('ab', ['xy', 'zz'])).toEqual([]));
  it('ends in a list when nothing is near', () => {
    expect(suggestNames('q', ['alpha', 'beta'])).toBe('Choose from: alpha, beta.');
    expect(suggestNames('alpa', ['alpha', 'beta'])).toBe('Did you mean alpha?');
  });
});
