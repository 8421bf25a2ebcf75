/** Which runs the study has, the most telling first: one that is cut short has answered the first questions. */
import type { FitOptions, TransferPlan } from '@attune/core';
import { type InitPlan, initPlan, multPlan } from '@attune/nlp';
import type { Factors } from '@attune/report';
import { FEW_PLANS, WITH_HEAD } from './few-plans.ts';
import type { Experiment, TargetOf } from './tasks.ts';
import type { Vectors } from './vectors.ts';

export const PARTS = ['init', 'mult', 'mult-more', 'mult-init', 'rate', 'source-epochs', 'size', 'few'] as const;
export type Part = (typeof PARTS)[number];

/** The paper's five for its tables with drawn vectors; three for what is asked beside them, to keep to the study's time. */
export const seedsOf = ({ beside }: Experiment, part: Part, vectors: Vectors['name']): readonly number[] =>
  !beside && vectors === 'random' && (part === 'init' || part === 'mult') ? [1, 2, 3, 4, 5] : [1, 2, 3];

export interface Cell {
  readonly factors: Factors & { readonly target: string };
  /** Undefined: the source's network is tested as it is. */
  readonly plan: TransferPlan | undefined;
  /** The plan starts from the trained source: after this many epochs, or the best. */
  readonly from?: 'best' | number;
  /** Share of the target's training examples. Default 1. */
  readonly share?: number;
  /** Examples of each class, in place of a share; then all epochs are trained. */
  readonly examples?: number;
  /** Epochs at most. Default: `EPOCHS`. */
  readonly epochs?: number;
  /** Epochs without a better validation after which training ends. Default: `PATIENCE`. */
  readonly patience?: number;
  readonly settings?: Partial<FitOptions>;
  /** Learning rates to choose from. Default: the settings' own. */
  readonly rates?: readonly number[];
}

/** The paper's letters: R random, L copied and locked, F copied and fine-tuned. */
const INITS: Readonly<Record<string, InitPlan>> = {
  RRR: { E: 'random', H: 'random', O: 'random' },
  FFR: { E: 'tuned', H: 'tuned', O: 'random' },
  LLR: { E: 'locked', H: 'locked', O: 'random' },
  FRR: { E: 'tuned', H: 'random', O: 'random' },
  LRR: { E: 'locked', H: 'random', O: 'random' },
  FFF: { E: 'tuned', H: 'tuned', O: 'tuned' },
};
/** Rows that copy the output layer, of alike tasks alone. With all of it locked, nothing is trained. */
const COPIED_HEAD = ['FFF', 'LLL'];

/** Rows that are asked for again where words' vectors are given, or the source is another. */
const FEW_ROWS = ['RRR', 'FRR', 'FFR', 'LLR'];

const LAMBDAS = [0.5, 0.7, 0.9];
/** Beside a start at random both did better than 0.5. */
const LAMBDAS_WITH_INIT = [0.7, 0.9];
/** Beside the settings' own, which the sources were trained with and INIT's table has. */
const RATES = [3e-4, 3e-3];
const SHARES = [0.01, 0.1];
const FEW = [8, 32, 128];

export function cellsOf(experiment: Experiment, part: Part, vectors: Vectors['name'], quick: boolean): Cell[] {
  if (part === 'few' && experiment.architecture === 'cnn-pair') return [];
  if (part !== 'init' && experiment.beside) return [];
  const targets = experiment.targets.filter(({ fewOnly = false }) => part === 'few' || !fewOnly);
  return targets.flatMap((target) =>
    cellsOfTarget(experiment, target, { part, vectors, quick }).map((cell) => ({
      ...cell,
      factors: { part, source: experiment.source, target: target.name, vectors, ...cell.factors },
    })),
  );
}

type TargetCell = Omit<Cell, 'factors'> & { readonly factors: Factors };

function cellsOfTarget(
  { source, beside }: Experiment,
  target: TargetOf,
  { part, vectors, quick }: { readonly part: Part; readonly vectors: Vectors['name']; readonly quick: boolean },
): TargetCell[] {
  switch (part) {
    case 'init':
      return (vectors === 'random' && !beside ? [...Object.keys(INITS), 'LLL'] : FEW_ROWS)
        .filter((row) => target.alike || !COPIED_HEAD.includes(row))
        .map((row) => initCell(row, { plan: row }));
    case 'mult':
      return LAMBDAS.map((lambda) => ({ factors: { plan: 'MULT', lambda }, plan: multPlan({ lambda }) }));
    case 'mult-more':
      // Does MULT fall behind INIT on MR because the source is seen too little before the target is learnt by heart?
      return target.name === 'mr' ? [{ factors: { plan: 'MULT', lambda: 0.2 }, plan: multPlan({ lambda: 0.2 }) }] : [];
    case 'mult-init':
      return LAMBDAS_WITH_INIT.map((lambda) => ({
        factors: { plan: 'MULT+INIT', lambda },
        plan: multPlan({ lambda, init: INITS.FFR! }),
        from: 'best',
      }));
    case 'rate':
      return RATES.flatMap((rate) =>
        ['RRR', 'FFR'].map((row) => ({
          ...initCell(row, { plan: row, rate }),
          settings: { learningRate: rate },
        })),
      );
    case 'source-epochs':
      return sourceEpochs(source).map((epochs) => ({ ...initCell('FFR', { plan: 'FFR', epochs }), from: epochs }));
    case 'size':
      return SHARES.flatMap((share) =>
        ['RRR', 'FRR', 'FFR', 'LLR', ...(target.alike ? ['FFF'] : [])].map((row) => ({
          ...initCell(row, { plan: row, share }),
          share,
          epochs: share < 0.05 ? 40 : 20,
          patience: 5,
        })),
      );
    case 'few':
      return (quick ? [8] : FEW).flatMap((examples) =>
        [...FEW_PLANS, ...(target.alike ? [WITH_HEAD] : [])].map(({ name, plan, settings, rates }) => ({
          factors: { plan: name, examples },
          plan,
          ...(plan.carried.what !== 'nothing' && { from: 'best' as const }),
          examples,
          settings,
          rates,
        })),
      );
    default:
      return part satisfies never;
  }
}

function initCell(row: string, factors: Factors): TargetCell {
  const init = INITS[row];
  const carries = row !== 'RRR';
  return {
    factors,
    plan: init && initPlan(init),
    ...(carries && { from: 'best' as const }),
    ...(row === 'LLR' && HEAD_ALONE),
  };
}

/** A head on locked features learns slowly at the others' rate, and must not look worse than the features are. */
const HEAD_ALONE = { settings: { learningRate: 0.01 }, epochs: 40, patience: 5 };

/** As a network is after its first epoch, and while it gets better. After the best one, it is INIT's. */
function sourceEpochs(source: string): number[] {
  return source === 'imdb' ? [1] : [1, 3, 6];
}
