/** The plans that have a name: each is a value that can be read, copied and changed. */
import { suggestNames, UserError } from '../errors.ts';
import type { Moved, TransferPlan } from './plan.ts';

const atOnce = { when: 'at-once' } as const;
const added: Moved = { groups: { what: 'added' }, rateDecay: 1, thaw: atOnce };
const all: Moved = { groups: { what: 'all' }, rateDecay: 1, thaw: atOnce };
/** A head that is fitted first: it does not distort the features when they begin to move. */
const fitted = { added: { head: 'fitted' } } as const;
/** What such a head is fitted on: other statistics would change its features before any weight moves. */
const allAsFitted: Moved = { ...all, statistics: 'source' };

function plan(name: string, moved: Moved, more: Partial<TransferPlan> = {}): TransferPlan {
  return {
    version: 1,
    name,
    carried: { what: 'all-but-head' },
    moved,
    held: { to: 'nothing' },
    added: { head: 'new' },
    ...more,
  };
}

/** ULMFiT's factor between the learning rates of neighbouring groups. Howard and Ruder 2018, arXiv:1801.06146. */
export const ULMFIT_RATE_DECAY = 2.6;

/** By name; `last-K` for any K besides, see `namedPlan`. */
export const NAMED_PLANS: Readonly<Record<string, TransferPlan>> = {
  /** Nothing is carried but the architecture: what the others are to be compared with. */
  scratch: plan('scratch', all, { carried: { what: 'nothing' } }),
  /** A new head on frozen features. */
  'linear-probe': plan('linear-probe', { groups: { what: 'head' }, rateDecay: 1, thaw: atOnce }),
  /** Full fine-tuning. */
  full: plan('full', all),
  /** Full fine-tuning with smaller rates for deeper groups. */
  discriminative: plan('discriminative', { groups: { what: 'all' }, rateDecay: ULMFIT_RATE_DECAY, thaw: atOnce }),
  /** Discriminative rates, and one more group thawed every epoch. */
  gradual: plan('gradual', {
    groups: { what: 'all' },
    rateDecay: ULMFIT_RATE_DECAY,
    thaw: { when: 'gradually', epochs: 1 },
  }),
  /** Linear probing, then full fine-tuning: the new head no longer distorts the features. Kumar et al. 2022, arXiv:2202.10054. */
  'probe-then-full': plan('probe-then-full', allAsFitted, fitted),
  /** Full fine-tuning, held to the source's weights with the paper's strengths. Li et al. 2018, arXiv:1802.01483. */
  'l2-sp': plan('l2-sp', all, { held: { to: 'start', alpha: 0.1, beta: 0.01 } }),
  /**
   * Full fine-tuning, held to the source's feature maps. Li et al. 2019, arXiv:1901.09229. Its strength of 0.01 counts the
   * sum over a batch of about 50, ours the mean.
   */
  delta: plan('delta', all, { held: { to: 'features', strength: 0.5, beta: 0.01, attention: 'supervised' } }),
  /** Linear probing, then full fine-tuning held to the source's outputs: learning without forgetting, with its temperature. */
  distill: plan('distill', allAsFitted, { ...fitted, held: { to: 'outputs', strength: 1, temperature: 2 } }),
  /** Linear probing, then full fine-tuning, averaged with where that began. Wortsman et al. 2022, arXiv:2109.01903. */
  wise: plan('wise', allAsFitted, { ...fitted, held: { to: 'average', share: 0.5 } }),
  /** Biases and the head alone. Ben Zaken et al. 2022, arXiv:2106.10199. */
  bitfit: plan('bitfit', { groups: { what: 'all' }, rateDecay: 1, thaw: atOnce, only: 'biases' }),
  /** Full fine-tuning with a rate for each tensor by its relative gradient norm. Lee et al. 2022, arXiv:2210.11466. */
  'auto-rgn': plan('auto-rgn', { groups: { what: 'all' }, rateDecay: 1, thaw: atOnce, rates: 'auto-rgn' }),
  /** Low-rank products beside frozen weights. Hu et al. 2021, arXiv:2106.09685. */
  lora: plan('lora', added, { added: { head: 'new', lora: { rank: 4, alpha: 8 } } }),
  /** A bottleneck behind every frozen layer. Houlsby et al. 2019, arXiv:1902.00751. */
  adapters: plan('adapters', added, { added: { head: 'new', adapters: { reduction: 4 } } }),
  /** A fresh module beside the frozen network. Anderson et al. 2016, arXiv:1611.01714. */
  modular: plan('modular', added, { added: { head: 'new', module: { width: 16 } } }),
  /** The same, and the pre-trained side is tuned too. */
  'modular-tuned': plan('modular-tuned', all, { added: { head: 'new', module: { width: 16 } } }),
};

/** The names that `namedPlan` knows; K stands for a number, GROUP for a layer group and LAYER for a layer. */
export const PLAN_NAMES: readonly string[] = [
  ...Object.keys(NAMED_PLANS),
  'last-K',
  'surgical-GROUP',
  'probe-at-LAYER',
];

/**
 * The plan of a name. `last-3` moves the last three layer groups (the head is one of them) and keeps those below frozen;
 * `surgical-block1` moves one group and the head (Lee et al. 2022); `probe-at-block2` is a linear probe on the features of an
 * earlier layer.
 * @param names All that could be meant where that is more, or less, than is known here.
 * @throws UserError for an unknown name, with the nearest names.
 */
export function namedPlan(name: string, names = PLAN_NAMES): TransferPlan {
  const count = /^last-([1-9]\d{0,3})$/.exec(name)?.[1];
  if (count !== undefined)
    return plan(name, { groups: { what: 'last', count: Number(count) }, rateDecay: 1, thaw: atOnce });
  const group = /^surgical-(.+)$/.exec(name)?.[1];
  if (group !== undefined)
    return plan(name, {
      groups: { what: 'groups', groups: [...new Set([group, 'head'])] },
      rateDecay: 1,
      thaw: atOnce,
    });
  const layer = /^probe-at-(.+)$/.exec(name)?.[1];
  if (layer !== undefined)
    return plan(name, { groups: { what: 'head' }, rateDecay: 1, thaw: atOnce }, { added: { head: 'new', cut: layer } });
  if (!Object.hasOwn(NAMED_PLANS, name)) throw new UserError(`There is no plan '${name}'.`, suggestNames(name, names));
  return NAMED_PLANS[name]!;
}
