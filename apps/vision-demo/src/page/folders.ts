/** Images in folders that a visitor drops or chooses: the folder that an image lies in is its class. */
import type { GivenImage } from '../api.ts';

/** A file with its path, with forward slashes, below what was dropped. */
export interface FoundFile {
  readonly path: string;
  readonly file: File;
}

const IMAGE = /\.(jpe?g|png|webp)$/i;

/** The images among the files; hidden ones and those that lie in no folder are left out. */
export function labelledImages(files: readonly FoundFile[]): GivenImage[] {
  return files.flatMap(({ path, file }) => {
    const parts = path.split('/').filter((part) => part !== '');
    const label = parts.at(-2);
    if (label === undefined) return [];
    if (!IMAGE.test(path) || parts.some((part) => part.startsWith('.'))) return [];
    return [{ label: label.normalize('NFC'), name: parts.join('/'), image: file }];
  });
}

/** Files of `<input type="file" webkitdirectory>`. */
export function chosenFiles(list: FileList): FoundFile[] {
  return Array.from(list, (file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** Files in dropped folders, at any depth. To be called at once: a drop's items are gone after the event. */
export async function droppedFiles(items: DataTransferItemList): Promise<FoundFile[]> {
  const entries = Array.from(items, (item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  return (await Promise.all(entries.map(filesOf))).flat();
}

async function filesOf(entry: FileSystemEntry): Promise<FoundFile[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ path: entry.fullPath, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: FoundFile[] = [];
  // A reader gives about a hundred entries at a time, and none at the end.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return found;
    for (const inner of entries) found.push(...(await filesOf(inner)));
  }
}
