/**
 * A transfer plan: the answers to the five questions of fine-tuning (the fifth, what the data advises, is what chooses a
 * plan) as a plain value that can be written as JSON, compared, printed as one line and stored in every result.
 */
import type { AdapterSettings } from './added/adapters.ts';
import type { LoraSettings } from './added/lora.ts';
import type { ModuleSettings } from './added/modular.ts';
import { Fields } from './plan-fields.ts';

/** Which parameters start from the source's values; the others keep their fresh initialisation. */
export type Carried =
  | { readonly what: 'nothing' }
  /** All layer groups but the last. */
  | { readonly what: 'all-but-head' }
  | { readonly what: 'everything' }
  | { readonly what: 'groups'; readonly groups: readonly string[] }
  /** From the source's tensors by name, in the order of the list: the first that fits a parameter is taken. */
  | { readonly what: 'map'; readonly map: readonly CarriedNames[] };

/** Parameters whose names fit `to` are carried from the source's tensors that `from` gives; `*` means the same in both. */
export interface CarriedNames {
  readonly from: string;
  readonly to: string;
}

/** Which layer groups may be moved by training. */
export type MovedGroups =
  | { readonly what: 'head' }
  | { readonly what: 'all' }
  /** What was added to the pre-trained network, and the head. */
  | { readonly what: 'added' }
  /** The last `count` groups, the head among them. */
  | { readonly what: 'last'; readonly count: number }
  | { readonly what: 'groups'; readonly groups: readonly string[] };

/** When the moved groups are thawed. */
export type Thaw =
  /** All from the first epoch. */
  | { readonly when: 'at-once' }
  /** One more every `epochs` epochs, from the head down (ULMFiT's gradual unfreezing). */
  | { readonly when: 'gradually'; readonly epochs: number }
  /** The head alone for `epochs` epochs, then all (linear probing, then fine-tuning). */
  | { readonly when: 'head-first'; readonly epochs: number };

export interface Moved {
  readonly groups: MovedGroups;
  /** Each group's learning rate is that of the group above divided by this; 1: one rate for all. At least 1. */
  readonly rateDecay: number;
  readonly thaw: Thaw;
  /** `biases`: of the groups below the head only biases and the shifts of normalisations (BitFit). Default: everything. */
  readonly only?: 'biases';
  /** Every tensor's rate is multiplied by its relative gradient norm, measured anew each epoch (Auto-RGN). */
  readonly rates?: 'auto-rgn';
  /**
   * `source`: normalisations keep the source's statistics, while scales and shifts may move. Default: where a scale moves,
   * its normalisation uses the batch's statistics, which changes the features before any weight does.
   */
  readonly statistics?: 'source';
}

/** What ties the target to the source. */
export type Held =
  | { readonly to: 'nothing' }
  /** alpha/2 |w - w0|^2 over carried weights and beta/2 |w|^2 over new ones (L2-SP, Li et al. 2018, arXiv:1802.01483). */
  | { readonly to: 'start'; readonly alpha: number; readonly beta: number }
  /**
   * The source's feature maps of the same examples, at `taps` (default: four spread over the depth), and beta/2 |w|^2 over
   * new weights (DELTA, Li et al. 2019, arXiv:1901.09229). Attention `supervised`: channels that the target's task needs
   * count more; `uniform`: all the same.
   */
  | {
      readonly to: 'features';
      readonly strength: number;
      readonly beta: number;
      readonly taps?: readonly string[];
      readonly attention: 'uniform' | 'supervised';
    }
  /**
   * The source's outputs: KL(source || target) of both soft-maxed at a temperature (Hinton et al. 2015, arXiv:1503.02531).
   * Beside a new head the source's own head stands on the target's last map (Li and Hoiem 2016, arXiv:1606.09282).
   */
  | { readonly to: 'outputs'; readonly strength: number; readonly temperature: number }
  /** Weights after training become (1 - share) x start + share x tuned (WiSE-FT, Wortsman et al. 2022, arXiv:2109.01903). */
  | { readonly to: 'average'; readonly share: number }
  /**
   * The source's task: each batch is of the target with probability `share`, in (0, 1], else of the source, on a head of its
   * own (MULT, Mou et al. 2016, arXiv:1603.06111).
   */
  | { readonly to: 'task'; readonly share: number };

/** New parameters. */
export interface Added {
  /**
   * `new`: a freshly initialised head of the target's classes. `fitted`: the same, fitted on the frozen network's features
   * before anything else moves, so that it does not distort them (Kumar et al. 2022, arXiv:2202.10054). `none`: the
   * source's head stays.
   */
  readonly head: 'new' | 'fitted' | 'none';
  /** The head stands on this layer (a name of the network's taps), and those above are left out. */
  readonly cut?: string;
  /** Low-rank products beside frozen matrices (LoRA). */
  readonly lora?: LoraSettings;
  /** A bottleneck behind layers. */
  readonly adapters?: AdapterSettings;
  /** A fresh network beside the pre-trained one (Anderson et al.). */
  readonly module?: ModuleSettings;
}

export interface TransferPlan {
  readonly version: 1;
  readonly name: string;
  readonly carried: Carried;
  readonly moved: Moved;
  readonly held: Held;
  readonly added: Added;
}

/** The plan in one line, as tables show it. */
export function describePlan({ name, carried, moved, held, added }: TransferPlan): string {
  const parts = [describeCarried(carried), describeMoved(moved), describeHeld(held), describeAdded(added)];
  return `${name}: ${parts.join('; ')}`;
}

function describeCarried(carried: Carried): string {
  if (carried.what === 'groups') return `carries ${carried.groups.join(', ')}`;
  if (carried.what === 'map') return `carries ${carried.map.map(({ from, to }) => `${from} to ${to}`).join(', ')}`;
  return `carries ${carried.what.replaceAll('-', ' ')}`;
}

function describeHeld(held: Held): string {
  switch (held.to) {
    case 'nothing':
      return 'held to nothing';
    case 'start':
      return `held to its start (alpha ${held.alpha}, beta ${held.beta})`;
    case 'features': {
      const where = held.taps === undefined ? '' : ` at ${held.taps.join(', ')}`;
      return `held to the source's features${where} (strength ${held.strength}, beta ${held.beta}, ${held.attention} attention)`;
    }
    case 'outputs':
      return `held to the source's outputs (strength ${held.strength}, temperature ${held.temperature})`;
    case 'average':
      return `averaged with its start (share ${held.share})`;
    case 'task':
      return `held to the source's task (share of its own ${held.share})`;
    default:
      return held satisfies never;
  }
}

function describeAdded({ head, cut, lora, adapters, module }: Added): string {
  const added = [
    ...(lora ? [`LoRA of rank ${lora.rank}`] : []),
    ...(adapters ? [`adapters (reduction ${adapters.reduction})`] : []),
    ...(module ? [`a module of width ${module.width}`] : []),
    ...(head === 'none' ? [] : [`a ${head} head${cut === undefined ? '' : ` on ${cut}`}`]),
  ];
  const and = added.length > 1 ? `${added.slice(0, -1).join(', ')} and ${added.at(-1)}` : added[0];
  return `adds ${and ?? 'nothing'}`;
}

function describeMoved({ groups, rateDecay, thaw, only, rates: perTensor, statistics }: Moved): string {
  const which = {
    head: () => 'the head',
    all: () => 'everything',
    added: () => 'what is added',
    last: () => `the last ${(groups as { count: number }).count} groups`,
    groups: () => (groups as { groups: readonly string[] }).groups.join(', '),
  }[groups.what]();
  const rates = rateDecay === 1 ? '' : `, rates / ${rateDecay} a group`;
  const epochs = thaw.when === 'at-once' ? '' : `${thaw.epochs} epoch${thaw.epochs === 1 ? '' : 's'}`;
  const times = {
    'at-once': '',
    gradually: `, one more group every ${epochs}`,
    'head-first': `, after ${epochs} of the head alone`,
  };
  const part = only === 'biases' ? 'biases of ' : '';
  const measured = perTensor === 'auto-rgn' ? ', rates by relative gradient norm' : '';
  const kept = statistics === 'source' ? ", with the source's statistics" : '';
  return `moves ${part}${which}${rates}${measured}${kept}${times[thaw.when]}`;
}

/**
 * Checks a plan that came from outside, such as a JSON file.
 * @param source What it is called in messages.
 * @throws UserError that names the field: an unknown one (with the nearest names), a missing one, or one out of range.
 */
export function parsePlan(value: unknown, source = 'the plan'): TransferPlan {
  const plan = new Fields(value, source, '');
  plan.only('version', 'name', 'carried', 'moved', 'held', 'added');
  if (plan.get('version') !== 1) plan.fail('version', 'must be 1, the only version there is');
  return {
    version: 1,
    name: plan.text('name'),
    carried: parseCarried(plan.fields('carried')),
    moved: parseMoved(plan.fields('moved')),
    held: parseHeld(plan.fields('held')),
    added: addedOf(plan.fields('added')),
  };
}

function parseCarried(fields: Fields): Carried {
  const what = fields.choice('what', ['nothing', 'all-but-head', 'everything', 'groups', 'map']);
  if (what === 'map') {
    fields.only('what', 'map');
    const map = fields.list('map').map((entry) => {
      entry.only('from', 'to');
      const [from, to] = [entry.text('from'), entry.text('to')];
      if (stars(from) > stars(to)) entry.fail('from', "must have no more * than 'to'");
      return { from, to };
    });
    return { what, map };
  }
  if (what !== 'groups') {
    fields.only('what');
    return { what };
  }
  fields.only('what', 'groups');
  return { what, groups: fields.names('groups') };
}

const stars = (pattern: string): number => pattern.split('*').length - 1;

function parseMoved(fields: Fields): Moved {
  fields.only('groups', 'rateDecay', 'thaw', 'only', 'rates', 'statistics');
  return {
    groups: parseMovedGroups(fields.fields('groups')),
    rateDecay: fields.number('rateDecay', 1),
    thaw: parseThaw(fields.fields('thaw')),
    ...(fields.has('only') ? { only: fields.choice('only', ['biases']) } : {}),
    ...(fields.has('statistics') ? { statistics: fields.choice('statistics', ['source']) } : {}),
    ...(fields.has('rates') ? { rates: fields.choice('rates', ['auto-rgn']) } : {}),
  };
}

function parseMovedGroups(fields: Fields): MovedGroups {
  const what = fields.choice('what', ['head', 'all', 'added', 'last', 'groups']);
  if (what === 'last') {
    fields.only('what', 'count');
    return { what, count: fields.count('count') };
  }
  if (what === 'groups') {
    fields.only('what', 'groups');
    return { what, groups: fields.names('groups') };
  }
  fields.only('what');
  return { what };
}

function parseThaw(fields: Fields): Thaw {
  const when = fields.choice('when', ['at-once', 'gradually', 'head-first']);
  if (when === 'at-once') {
    fields.only('when');
    return { when };
  }
  fields.only('when', 'epochs');
  return { when, epochs: fields.count('epochs') };
}

function parseHeld(fields: Fields): Held {
  const to = fields.choice('to', ['nothing', 'start', 'features', 'outputs', 'average', 'task']);
  switch (to) {
    case 'nothing':
      fields.only('to');
      return { to };
    case 'start':
      fields.only('to', 'alpha', 'beta');
      return { to, alpha: fields.number('alpha', 0), beta: fields.number('beta', 0) };
    case 'features':
      fields.only('to', 'strength', 'beta', 'taps', 'attention');
      return {
        to,
        strength: fields.number('strength', 0),
        beta: fields.number('beta', 0),
        ...optionalNames(fields, 'taps'),
        attention: fields.choice('attention', ['uniform', 'supervised']),
      };
    case 'outputs': {
      fields.only('to', 'strength', 'temperature');
      const temperature = fields.number('temperature', 0);
      if (temperature === 0) fields.fail('temperature', 'must be above 0');
      return { to, strength: fields.number('strength', 0), temperature };
    }
    case 'average': {
      fields.only('to', 'share');
      const share = fields.number('share', 0);
      if (share > 1) fields.fail('share', 'must be a number of at most 1');
      return { to, share };
    }
    case 'task': {
      fields.only('to', 'share');
      const share = fields.number('share', 0);
      if (share === 0 || share > 1) fields.fail('share', 'must be a number above 0 and at most 1');
      return { to, share };
    }
    default:
      return to satisfies never;
  }
}

/** Channels of a module's first stage: its later stages, eight times as wide, already outweigh most pre-trained networks. */
const MOST_WIDTH = 128;

/** As `parsePlan`, of the part `added` alone. */
export function parseAdded(value: unknown, source: string): Added {
  return addedOf(new Fields(value, source, ''));
}

function addedOf(fields: Fields): Added {
  fields.only('head', 'cut', 'lora', 'adapters', 'module');
  const head = fields.choice('head', ['new', 'fitted', 'none']);
  for (const name of ['cut', 'module'])
    if (head === 'none' && fields.has(name))
      fields.fail('head', `cannot be none with ${name}: the source's head does not fit`);
  const part = <Part>(name: string, parse: (part: Fields) => Part) =>
    fields.has(name) ? { [name]: parse(fields.fields(name)) } : {};
  return {
    head,
    ...(fields.has('cut') ? { cut: fields.text('cut') } : {}),
    ...part('lora', (lora): LoraSettings => {
      lora.only('rank', 'alpha', 'targets');
      return { rank: lora.count('rank'), alpha: lora.number('alpha', 0), ...optionalNames(lora, 'targets') };
    }),
    ...part('adapters', (adapters): AdapterSettings => {
      adapters.only('reduction', 'after');
      return { reduction: adapters.number('reduction', 1), ...optionalNames(adapters, 'after') };
    }),
    ...part('module', (module): ModuleSettings => {
      module.only('width', 'stitches');
      return { width: module.count('width', MOST_WIDTH), ...optionalNames(module, 'stitches') };
    }),
  };
}

function optionalNames<Name extends string>(fields: Fields, name: Name): { [Key in Name]?: string[] } {
  return (fields.has(name) ? { [name]: fields.names(name) } : {}) as { [Key in Name]?: string[] };
}
