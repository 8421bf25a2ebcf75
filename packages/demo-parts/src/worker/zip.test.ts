import { expect, it } from 'vitest';
import { readZip } from '../testing/read-zip.ts';
import { zip } from './zip.ts';

it('packs files that are found again by the directory, with right sums', () => {
  const files = [
    { name: 'config.json', bytes: new TextEncoder().encode('{"a": 1}\n') },
    { name: 'onnx/größe.onnx', bytes: Uint8Array.from({ length: 5000 }, (_, i) => i * 7) },
    { name: 'empty', bytes: new Uint8Array() },
  ];
  expect([...readZip(zip(files))]).toEqual(files.map(({ name, bytes }) => [name, bytes]));
  expect(zip(files)).toEqual(zip(files));
});

it('a changed byte is noticed', () => {
  const archive = zip([{ name: 'a', bytes: Uint8Array.of(1, 2, 3) }]);
  archive[32]! ^= 1;
  expect(() => readZip(archive)).toThrow('a is damaged');
});
