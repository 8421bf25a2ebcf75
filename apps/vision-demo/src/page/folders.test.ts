import { expect, it } from 'vitest';
import { labelledImages } from './folders.ts';

const file = {} as File;
const labels = (...paths: string[]) =>
  labelledImages(paths.map((path) => ({ path, file }))).map(({ label, name }) => `${label}|${name}`);

it('takes the folder that an image lies in as its class', () => {
  expect(labels('/ants/1.jpg', 'pets/cats/a.PNG', 'pets/dogs/b.webp')).toEqual([
    'ants|ants/1.jpg',
    'cats|pets/cats/a.PNG',
    'dogs|pets/dogs/b.webp',
  ]);
});

it('leaves out what is hidden, no image, or in no folder', () => {
  expect(labels('1.jpg', 'ants/.2.jpg', '.trash/3.jpg', 'ants/notes.txt', 'ants/4.gif', '')).toEqual([]);
});

it('takes names of any script, in one form', () => {
  expect(labels('caf\u0065\u0301 \u{1f41c}/1.jpg')).toEqual(['caf\u00e9 \u{1f41c}|caf\u0065\u0301 \u{1f41c}/1.jpg']);
});
