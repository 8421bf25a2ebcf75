/** What the sections of a page share: the line at the bottom that says what goes on, and one task at a time. */
import { proxy } from 'comlink';
import type { OnProgress } from '../api.ts';
import { byId } from './element.ts';

/** Between two announcements of progress, so that a screen reader is not drowned. */
const ANNOUNCE_EVERY_MS = 4000;

/** `Data` is what the page knows of the data that is worked on. */
export class Page<Data> {
  /** Called when there is other data or another network: what was measured or trained no longer counts. */
  readonly onData: ((data: Data | undefined) => void)[] = [];
  /** Called when a task begins or ends. */
  readonly onBusy: ((busy: boolean) => void)[] = [];
  private data: Data | undefined;
  private busy = false;
  private focused: Element | null = null;
  private announced = 0;

  /** @param worker What computes: when it cannot be started, the page says so. */
  constructor(worker: Worker) {
    worker.addEventListener('error', (event) => this.fail(event.message || 'the worker could not be started'));
  }

  /** Shows and announces a message. */
  say(message: string): void {
    byId('status').textContent = message;
    document.querySelector('footer')!.classList.remove('fault');
    this.announced = performance.now();
  }

  /** As `say`, for what changes all the time. */
  sayNowAndThen(message: string): void {
    if (performance.now() - this.announced > ANNOUNCE_EVERY_MS) this.say(message);
  }

  fail(message: string): void {
    this.say(message);
    document.querySelector('footer')!.classList.add('fault');
  }

  /** A callback that says how far a task is. */
  progressOf(what: string): OnProgress {
    return proxy((done: number, total: number) => this.sayNowAndThen(`${what}: ${done} of ${total}`));
  }

  /**
   * Does one task; while it runs nothing else can be started. What goes wrong is said.
   * @param message Said at its beginning; none for what takes no time.
   */
  async task<Result>(message: string | null, work: () => Promise<Result>): Promise<Result | undefined> {
    if (this.busy) return undefined;
    this.setBusy(true);
    if (message !== null) this.say(message);
    try {
      return await work();
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error));
      return undefined;
    } finally {
      this.setBusy(false);
    }
  }

  dataChanged(data: Data | undefined): void {
    this.data = data;
    for (const tell of this.onData) tell(data);
  }

  networkChanged(): void {
    this.dataChanged(this.data);
  }

  private setBusy(busy: boolean): void {
    this.busy = busy;
    // What is disabled loses the focus: it is given back.
    if (busy) this.focused = document.activeElement;
    for (const tell of this.onBusy) tell(busy);
    if (!busy && document.activeElement === document.body && this.focused instanceof HTMLElement) this.focused.focus();
  }
}

/** A share in [0, 1]. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
