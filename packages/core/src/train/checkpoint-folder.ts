/**
 * Checkpoints on disk. A folder holds `state.json`, which names and hashes the one file of tensors that belongs to it. A new
 * checkpoint writes its tensors under a new name first; replacing `state.json` is one rename, and the moment from which
 * the new checkpoint counts. So whenever a run is killed, the folder holds the old checkpoint or the new, whole.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { explainWriteError, syncFolder, writeDurably, writeFileAtomic } from '../files.ts';
import { readSafetensors, writeSafetensors } from '../weights/safetensors.ts';
import { type Checkpoint, parseTrainingState, type TrainingState } from './checkpoint.ts';

const STATE_FILE = 'state.json';
const TENSOR_FILE = /^tensors-[0-9a-f]{16}\.safetensors$/;
/** What a killed write may leave: tensors that no state names, and temporary files. */
const LEFTOVER = /^(tensors-[0-9a-f]{16}\.safetensors|\.state\.json\.[0-9a-f]+\.tmp)$/;

/** @throws UserError when the disk is full or the folder cannot be written: what it held before is still whole. */
export async function saveCheckpoint(folder: string, { state, tensors }: Checkpoint): Promise<void> {
  const file = `tensors-${randomBytes(8).toString('hex')}.safetensors`;
  const path = join(folder, file);
  const bytes = writeSafetensors(tensors);
  try {
    await mkdir(folder, { recursive: true });
    await writeDurably(path, bytes);
    await syncFolder(folder);
    const document = { ...state, tensors: { file, bytes: bytes.byteLength, sha256: sha256(bytes) } };
    await writeFileAtomic(join(folder, STATE_FILE), `${JSON.stringify(document)}\n`);
  } catch (error) {
    await rm(path, { force: true }).catch(() => {});
    throw explainWriteError(error, path);
  }
  // The checkpoint stands; what cannot be tidied up now is tidied up after the next.
  for (const name of await readdir(folder).catch(() => []))
    if (LEFTOVER.test(name) && name !== file) await rm(join(folder, name), { force: true }).catch(() => {});
}

/** Removes the folder's checkpoint, so that a run that starts anew is never resumed from an older one. */
export async function removeCheckpoint(folder: string): Promise<void> {
  await rm(join(folder, STATE_FILE), { force: true }).catch((error) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw explainWriteError(error, folder);
  });
}

/**
 * The folder's checkpoint; undefined when there is none.
 * @throws UserError when it is damaged or of another format.
 */
export async function loadCheckpoint(folder: string): Promise<Checkpoint | undefined> {
  const path = join(folder, STATE_FILE);
  const damaged = (what: string) => new UserError(`The checkpoint ${path} is damaged: ${what}.`, 'Start anew.');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw damaged('it is not JSON');
  }
  const { tensors: named, ...state } = parseTrainingState(document, `The checkpoint ${path}`) as TrainingState & {
    tensors?: { file?: unknown; sha256?: unknown };
  };
  // The name is checked before it becomes part of a path: a checkpoint may come from elsewhere.
  const file = named?.file;
  if (typeof file !== 'string' || !TENSOR_FILE.test(file)) throw damaged('it names no file of tensors');
  const bytes = await readFile(join(folder, file)).catch((error: NodeJS.ErrnoException) => {
    throw damaged(`${file} cannot be read (${error.code})`);
  });
  if (sha256(bytes) !== named?.sha256) throw damaged(`${file} has been changed`);
  return { state, tensors: readSafetensors(bytes, join(folder, file)).tensors };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
