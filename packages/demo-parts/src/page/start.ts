/** How every demo starts: on what it runs is chosen and shown, and its files are kept for when there is no network. */
import type { Engine, Provider } from '../api.ts';
import { byId } from './element.ts';

/** Chosen by the address, as the engine cannot be changed while tensors live on it. */
export function wantedProvider(): Provider {
  return new URL(location.href).searchParams.get('engine') === 'webgpu' ? 'webgpu' : 'wasm';
}

export function showEngine(engine: Engine): void {
  const threads = engine.threads === 1 ? 'one thread' : `${engine.threads} threads`;
  byId('engine').textContent = `Ready: ${engine.provider === 'wasm' ? `WebAssembly, ${threads}` : 'WebGPU'}.`;
  const provider = byId<HTMLSelectElement>('provider');
  provider.value = engine.provider;
  byId('provider-choice').hidden = !engine.webgpu;
  provider.addEventListener('change', () => {
    const address = new URL(location.href);
    address.searchParams.set('engine', provider.value);
    location.assign(address);
  });
}

export async function keepOffline(): Promise<void> {
  // Not while it is developed: what has changed would not be seen.
  if (import.meta.hot === undefined)
    await navigator.serviceWorker?.register(new URL('service-worker.js', document.baseURI));
}
