/** Reads an archive of stored files from its directory, as unpacking programs do, and checks every sum. */
import { crc32 } from 'node:zlib';

const [LOCAL, CENTRAL, END] = [0x04034b50, 0x02014b50, 0x06054b50];

/** Contents by name. @throws Error where anything does not fit. */
export function readZip(archive: Uint8Array): Map<string, Uint8Array> {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const text = (from: number, length: number) => new TextDecoder().decode(archive.subarray(from, from + length));
  const end = archive.length - 22;
  if (view.getUint32(end, true) !== END) throw new Error('the archive has no end');
  const files = new Map<string, Uint8Array>();
  let at = view.getUint32(end + 16, true);
  for (let i = 0; i < view.getUint16(end + 10, true); i++) {
    if (view.getUint32(at, true) !== CENTRAL) throw new Error(`entry ${i} of the directory is none`);
    const [sum, size, nameLength] = [
      view.getUint32(at + 16, true),
      view.getUint32(at + 24, true),
      view.getUint16(at + 28, true),
    ];
    const name = text(at + 46, nameLength);
    const local = view.getUint32(at + 42, true);
    if (view.getUint32(local, true) !== LOCAL || text(local + 30, nameLength) !== name)
      throw new Error(`${name} is not where the directory says`);
    const bytes = archive.slice(local + 30 + nameLength, local + 30 + nameLength + size);
    if (crc32(bytes) !== sum) throw new Error(`${name} is damaged`);
    files.set(name, bytes);
    at += 46 + nameLength;
  }
  if (at !== end) throw new Error('the directory is not as long as it says');
  return files;
}
