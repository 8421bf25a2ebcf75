/** A Vite plugin: tells the service worker which files the page consists of. */
import { createHash } from 'node:crypto';
import type { Plugin } from 'vite';

export interface OfflineOptions {
  /** File name of the service worker's chunk. */
  readonly worker: string;
  /** Files that are not fetched before they are first needed. */
  readonly later: RegExp;
}

export function offline({ worker, later }: OfflineOptions): Plugin {
  return {
    name: 'offline',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const chunk = bundle[worker];
        if (chunk?.type !== 'chunk') throw new Error(`${worker} is not part of the build`);
        const hash = createHash('sha256');
        const files = Object.keys(bundle)
          .filter((name) => name !== worker && !name.endsWith('.map'))
          .sort();
        for (const name of files) {
          const file = bundle[name]!;
          hash.update(name).update(file.type === 'chunk' ? file.code : file.source);
        }
        const kept = files.filter((name) => !later.test(name));
        if (!kept.includes('index.html')) throw new Error('index.html is not part of the build yet');
        chunk.code = chunk.code
          .replaceAll('__VERSION__', JSON.stringify(hash.digest('hex').slice(0, 16)))
          .replaceAll('__FILES__', JSON.stringify(kept));
      },
    },
  };
}
