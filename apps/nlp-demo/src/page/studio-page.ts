/** The page, and the worker that computes for it. */
import { Page } from '@attune/demo-parts/page';
import { type Remote, wrap } from 'comlink';
import type { DataSummary, StudioApi } from '../api.ts';

export class StudioPage extends Page<DataSummary> {
  readonly studio: Remote<StudioApi>;

  constructor() {
    const worker = new Worker(new URL('../worker.ts', import.meta.url), { type: 'module', name: 'attune' });
    super(worker);
    this.studio = wrap<StudioApi>(worker);
  }
}
