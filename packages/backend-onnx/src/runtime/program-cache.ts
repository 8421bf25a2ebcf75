/**
 * Compiled programs by structural key, least recently used out first. Each program holds a session, which is a thread
 * pool and a memory arena, so their number is bounded.
 */
import type { Program } from './program.ts';

export class ProgramCache {
  private readonly programs = new Map<string, Program>();
  readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.programs.size;
  }

  get(key: string): Program | undefined {
    const program = this.programs.get(key);
    if (program !== undefined) {
      this.programs.delete(key);
      this.programs.set(key, program);
    }
    return program;
  }

  set(key: string, program: Program): void {
    this.programs.set(key, program);
    while (this.programs.size > this.capacity) {
      const [oldest, evicted] = this.programs.entries().next().value!;
      this.programs.delete(oldest);
      evicted.session.release();
    }
  }

  clear(): void {
    for (const program of this.programs.values()) program.session.release();
    this.programs.clear();
  }
}
