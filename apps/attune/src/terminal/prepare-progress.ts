/** One line, redrawn on a terminal, while data is read, features computed and layers probed; silent elsewhere. */
const WORDS = {
  images: 'reading images',
  features: 'computing features',
  layers: 'probing layers',
  pairs: 'tuning on pairs',
  downloads: 'fetching, bytes',
} as const;

const REDRAW_MILLISECONDS = 100;

export function prepareProgress(): (what: keyof typeof WORDS, done: number, total: number) => void {
  let drawn = Number.NEGATIVE_INFINITY;
  return (what, done, total) => {
    if (!process.stderr.isTTY) return;
    const now = performance.now();
    if (done < total && now - drawn < REDRAW_MILLISECONDS) return;
    drawn = now;
    process.stderr.write(done < total ? `\r${WORDS[what]} ${done}/${total}\x1b[K` : '\r\x1b[K');
  };
}
