/** A Vite plugin: files of packages that the page fetches as they are, under addresses of their own. */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'vite';

const TYPES: Readonly<Record<string, string>> = { mjs: 'text/javascript', wasm: 'application/wasm' };

/** @param files Files by address, relative to the page. */
export function servedFiles(files: Readonly<Record<string, string>>): Plugin {
  return {
    name: 'served-files',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const path = new URL(request.url!, 'http://localhost').pathname.slice(1);
        const file = files[path];
        if (file === undefined) return next();
        response.setHeader('content-type', TYPES[path.split('.').at(-1)!] ?? 'application/octet-stream');
        createReadStream(file).pipe(response);
      });
    },
    async generateBundle() {
      for (const [fileName, file] of Object.entries(files))
        this.emitFile({ type: 'asset', fileName, source: await readFile(file) });
    },
  };
}
