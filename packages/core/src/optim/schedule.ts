/**
 * Learning-rate schedules: pure functions of progress in [0, 1] (0 at the first step, 1 at the end of training) that
 * give a factor of the learning rate, at most 1.
 */

export type Schedule = (progress: number) => number;

export function constant(): Schedule {
  return () => 1;
}

/** Half a cosine from 1 to `floor`. Loshchilov and Hutter 2017, arXiv:1608.03983, without restarts. */
export function cosine({ floor = 0 }: { readonly floor?: number } = {}): Schedule {
  return (progress) => floor + ((1 - floor) * (1 + Math.cos(Math.PI * clamp(progress)))) / 2;
}

/**
 * One cycle: up from 1/`start` over the share `rise` of training, then down to 1/(`start` `end`), both along a cosine.
 * Smith and Topin 2018, arXiv:1708.07120, with the shape and defaults of fastai and PyTorch.
 */
export function oneCycle({
  rise = 0.3,
  start = 25,
  end = 1e4,
}: {
  readonly rise?: number;
  readonly start?: number;
  readonly end?: number;
} = {}): Schedule {
  share('rise', rise);
  const along = (from: number, to: number, at: number) => from + ((to - from) * (1 - Math.cos(Math.PI * at))) / 2;
  return (progress) => {
    const at = clamp(progress);
    return at < rise ? along(1 / start, 1, at / rise) : along(1, 1 / (start * end), (at - rise) / (1 - rise));
  };
}

/**
 * Slanted triangle: a short straight rise over the share `cut` of training, then a long straight fall, from and to
 * 1/`ratio`. Howard and Ruder 2018 (ULMFiT), arXiv:1801.06146, equation 3.
 */
export function slantedTriangular({
  cut = 0.1,
  ratio = 32,
}: {
  readonly cut?: number;
  readonly ratio?: number;
} = {}): Schedule {
  share('cut', cut);
  return (progress) => {
    const at = clamp(progress);
    const height = at < cut ? at / cut : 1 - (at - cut) / (1 - cut);
    return (1 + height * (ratio - 1)) / ratio;
  };
}

/** Rises straight from 0 to `schedule`'s beginning over the share `rise` of training, then runs the whole of `schedule`. */
export function warmUp(rise: number, schedule: Schedule): Schedule {
  share('rise', rise);
  return (progress) => {
    const at = clamp(progress);
    return at < rise ? (at / rise) * schedule(0) : schedule((at - rise) / (1 - rise));
  };
}

function clamp(progress: number): number {
  return Math.min(1, Math.max(0, progress));
}

function share(name: string, value: number): void {
  if (!(value > 0 && value < 1)) throw new RangeError(`${name} is ${value}, and must be a share between 0 and 1`);
}
