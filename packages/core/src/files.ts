/**
 * Files that are whole or not there: written beside their place, forced to disk, then renamed. And a log of JSON lines
 * that survives a kill in the middle of a line.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, truncate } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from './errors.ts';

/**
 * Writes a file so that at any moment, a kill or a power cut included, `path` holds the old content or the new, whole.
 * Missing folders are made.
 * @throws UserError when the disk is full or the place cannot be written; the old file is then untouched.
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  // Absolute: where the working directory was deleted, Node's recursive mkdir of a relative path never ends.
  const folder = dirname(resolve(path));
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    await writeDurably(temporary, content);
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw explainWriteError(error, path);
  }
}

/** Writes a new file and forces it to disk, without the rename. */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Forces a folder's entries to disk: a rename is only durable after it. Systems that cannot (Windows) are let be. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => undefined);
  if (handle === undefined) return;
  try {
    await handle.sync();
  } catch {
    // EINVAL, EPERM or EISDIR where folders cannot be synchronised: the rename itself has happened.
  } finally {
    await handle.close();
  }
}

/** Turns what the file system says into one line for the user; other errors are passed through. */
export function explainWriteError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const options = { cause: error };
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new UserError(`The disk is full: ${path} was not written.`, 'Free some space, then try again.', options);
    case 'EFBIG':
      return new UserError(
        `${path} was not written: it would be larger than files may be here.`,
        'Raise the limit (ulimit -f), or choose a folder on another file system.',
        options,
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new UserError(
        `${path} may not be written (${code}).`,
        'Choose another folder, or change its permissions.',
        options,
      );
    case 'ENOTDIR':
    case 'EEXIST':
      return new UserError(`${path} cannot be made: a part of the path is a file.`, 'Choose another folder.', options);
    case 'EISDIR':
      return new UserError(`${path} is a folder, and a file was to be written.`, 'Choose another path.', options);
    default:
      return error;
  }
}

/** A file of JSON lines that is only ever appended to. */
export class JsonLines {
  constructor(readonly path: string) {}

  /** Adds one line, in one write. @throws UserError when the disk is full or the place cannot be written. */
  async append(record: object): Promise<void> {
    try {
      await mkdir(dirname(this.path), { recursive: true });
      const handle = await open(this.path, 'a');
      try {
        await handle.writeFile(`${JSON.stringify(record)}\n`);
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw explainWriteError(error, this.path);
    }
  }

  /** Every whole line; a last line that a kill cut short is left out. No file, no lines. */
  async read(): Promise<Record<string, unknown>[]> {
    const { lines } = await this.scan();
    return lines;
  }

  /** Keeps the lines that `keep` accepts up to the first that it refuses: a resumed run drops what it will write again. */
  async truncateWhere(keep: (record: Record<string, unknown>) => boolean): Promise<void> {
    const { lines, ends } = await this.scan();
    let count = 0;
    while (count < lines.length && keep(lines[count]!)) count++;
    const end = count === 0 ? 0 : ends[count - 1]!;
    await truncate(this.path, end).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw explainWriteError(error, this.path);
    });
  }

  private async scan(): Promise<{ lines: Record<string, unknown>[]; ends: number[] }> {
    const bytes = await readFile(this.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    const lines: Record<string, unknown>[] = [];
    const ends: number[] = [];
    for (let start = 0; ; ) {
      const newline = bytes.indexOf(0x0a, start);
      if (newline < 0) break;
      try {
        lines.push(JSON.parse(bytes.toString('utf8', start, newline)) as Record<string, unknown>);
      } catch (error) {
        throw new UserError(`${this.path}: line ${lines.length + 1} is not JSON.`, 'Restore the file or remove it.', {
          cause: error,
        });
      }
      ends.push(newline + 1);
      start = newline + 1;
    }
    return { lines, ends };
  }
}
