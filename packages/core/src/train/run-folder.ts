/** The folder of a run: `metrics.jsonl`, a line an epoch, and `checkpoint/`. */
import { join, resolve } from 'node:path';
import { JsonLines } from '../files.ts';
import type { Checkpoint } from './checkpoint.ts';
import { loadCheckpoint, removeCheckpoint, saveCheckpoint } from './checkpoint-folder.ts';
import type { EpochRecord, RunRecorder } from './records.ts';

export class RunFolder implements RunRecorder {
  /** Absolute, so that the run goes on in its place whatever becomes of the working directory. */
  readonly path: string;
  readonly metrics: JsonLines;
  private readonly checkpoints: string;

  constructor(path: string) {
    this.path = resolve(path);
    this.metrics = new JsonLines(join(this.path, 'metrics.jsonl'));
    this.checkpoints = join(this.path, 'checkpoint');
  }

  /**
   * Gets the folder ready and gives the checkpoint to go on from. With `resume` false, or without a checkpoint, the run
   * starts from its beginning, and what the folder holds of an earlier run is dropped; else the lines of the epochs that
   * it will write again are.
   */
  async open({ resume }: { readonly resume: boolean }): Promise<Checkpoint | undefined> {
    const checkpoint = resume ? await loadCheckpoint(this.checkpoints) : undefined;
    if (checkpoint === undefined) await removeCheckpoint(this.checkpoints);
    const done = checkpoint?.state.epoch ?? 0;
    await this.metrics.truncateWhere((record) => typeof record.epoch === 'number' && record.epoch < done);
    return checkpoint;
  }

  async epoch(record: EpochRecord): Promise<void> {
    await this.metrics.append(record);
  }

  async checkpoint(checkpoint: Checkpoint): Promise<void> {
    await saveCheckpoint(this.checkpoints, checkpoint);
  }
}
