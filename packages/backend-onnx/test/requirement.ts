/** Things that some tests need and not every machine has. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

/** Skips the test with a note where `found` is missing; in CI it fails, so that nothing goes untested unnoticed. */
export function need<T>(found: T | undefined, what: string, skip: (note: string) => never): T {
  if (found !== undefined) return found;
  if (process.env.CI !== undefined) throw new Error(`${what}, and in CI this test must run`);
  return skip(what);
}

/** A Chromium or Chrome: $ATTUNE_CHROMIUM, or where systems install it. */
export function findChromium(): string | undefined {
  return firstFile(
    process.env.ATTUNE_CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  );
}

/** Variables of the environment with which a process finds SwiftShader, a Vulkan driver in software: part of Chromium. */
export function findSwiftShader(): NodeJS.ProcessEnv | undefined {
  const driver = firstFile(process.env.ATTUNE_VULKAN_DRIVER, '/usr/lib/chromium/vk_swiftshader_icd.json');
  // The Vulkan loader lies beside the driver.
  return driver === undefined ? undefined : { VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: dirname(driver) };
}

function firstFile(...paths: (string | undefined)[]): string | undefined {
  return paths.find((path) => path !== undefined && existsSync(path));
}
