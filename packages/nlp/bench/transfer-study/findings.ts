/**
 * The findings of Mou et al. 2016, arXiv:1603.06111, held against this study's measurements. Each is a claim about differences
 * between two ways of training, paired by seed; it counts as reproduced where every difference is as the paper has it and its
 * 95 % interval over seeds does not say otherwise.
 */
import {
  type Interval,
  type Measurement,
  type PairedDifference,
  pairedDifference,
  plainTable,
  type Table,
  where,
} from '@attune/report';
import { ofPart, signed } from './answers.ts';

interface Finding {
  readonly claim: string;
  readonly differences: readonly Difference[];
}

interface Difference {
  readonly what: string;
  readonly upper: readonly Measurement[];
  readonly lower: readonly Measurement[];
  /** Of the difference in accuracy, and of its interval. */
  readonly holds: (difference: PairedDifference) => boolean;
}

const ALIKE = [
  ['imdb', 'mr'],
  ['snli', 'sick'],
] as const;
const UNLIKE = [
  ['imdb', 'qc'],
  ['snli', 'msrp'],
] as const;

const isGain = ({ interval }: PairedDifference) => interval.low > 0;
const isLoss = ({ interval }: PairedDifference) => interval.high < 0;
const isNoGain = ({ interval }: PairedDifference) => interval.low <= 0;
const isNoLoss = ({ interval }: PairedDifference) => interval.high >= 0;

export function findings(measurements: readonly Measurement[]): Finding[] {
  const random = where(measurements, { vectors: 'random' });
  const init = (source: string, target: string, plan: string) =>
    where(ofPart(random, 'init'), { source, target, plan });
  const between = (
    pairs: readonly (readonly [string, string])[],
    upper: string,
    lower: string,
    holds: Difference['holds'],
  ): Difference[] =>
    pairs.map(([source, target]) => ({
      what: `${source} > ${target}: ${upper} - ${lower}`,
      upper: init(source, target, upper),
      lower: init(source, target, lower),
      holds,
    }));
  const joint = (part: 'mult' | 'mult-init', holds: Difference['holds']): Difference[] =>
    [...ALIKE, ...UNLIKE].map(([source, target]) => {
      const { lambda, runs } = bestLambda(where(ofPart(random, part), { source, target }));
      const name = part === 'mult' ? 'MULT' : 'MULT+INIT';
      return {
        what: `${source} > ${target}: ${name} (lambda ${lambda}) - FFR`,
        upper: runs,
        lower: init(source, target, 'FFR'),
        holds,
      };
    });
  const atRate = (rate: number): Difference[] =>
    [...ALIKE, ...UNLIKE].map(([source, target]) => ({
      what: `${source} > ${target}: FFR at ${rate} - FFR at 0.001`,
      upper: where(ofPart(random, 'rate'), { source, target, plan: 'FFR', rate }),
      lower: init(source, target, 'FFR'),
      holds: isNoLoss,
    }));
  return [
    {
      claim: 'Of an alike task, embedding and hidden layers that are copied and fine-tuned help.',
      differences: between(ALIKE, 'FFR', 'RRR', isGain),
    },
    {
      claim: 'The hidden layers bring more than the embedding alone.',
      differences: between(ALIKE, 'FFR', 'FRR', isGain),
    },
    {
      claim: 'Of an unlike task, locked embedding and hidden layers collapse.',
      differences: between(UNLIKE, 'LLR', 'RRR', isLoss),
    },
    {
      claim: 'Of an unlike task, the embedding still helps, or does no harm.',
      differences: between(UNLIKE, 'FRR', 'RRR', isNoLoss),
    },
    {
      claim: 'Of an unlike task, the hidden layers add nothing to the embedding.',
      differences: between(UNLIKE, 'FFR', 'FRR', isNoGain),
    },
    {
      claim: 'A locked output layer is the worst.',
      differences: ['LLR', 'FRR', 'FFR', 'FFF'].flatMap((plan) => between(ALIKE, 'LLL', plan, isLoss)),
    },
    {
      claim: 'The output layer does not transfer: copied too, it adds nothing.',
      differences: between(ALIKE, 'FFF', 'FFR', isNoGain),
    },
    { claim: 'MULT does about as well as INIT.', differences: joint('mult', (each) => Math.abs(each.mean) <= 0.01) },
    { claim: 'MULT+INIT adds nothing to INIT.', differences: joint('mult-init', isNoGain) },
    {
      claim: 'A large learning rate on the target does not destroy what was copied.',
      differences: atRate(0.003),
    },
    {
      claim: 'On SNLI > SICK the source need only be trained for a few epochs.',
      differences: [
        {
          what: 'snli > sick: FFR after 6 epochs of the source - after 1',
          upper: where(ofPart(random, 'source-epochs'), { source: 'snli', target: 'sick', epochs: 6 }),
          lower: where(ofPart(random, 'source-epochs'), { source: 'snli', target: 'sick', epochs: 1 }),
          holds: isNoGain,
        },
      ],
    },
  ];
}

/** The lambda with the highest validation accuracy, on average over the seeds. */
function bestLambda(runs: readonly Measurement[]): { lambda: number; runs: Measurement[] } {
  const lambdas = [...new Set(runs.map(({ factors }) => Number(factors.lambda)))];
  const validation = (lambda: number) => {
    const own = where(runs, { lambda });
    return own.reduce((sum, { metrics }) => sum + metrics.validation!, 0) / own.length;
  };
  const lambda = lambdas.reduce((best, each) => (validation(each) > validation(best) ? each : best), lambdas[0] ?? 0);
  return { lambda, runs: where(runs, { lambda }) };
}

/** Findings without measurements are left out: a study that was cut short claims nothing. */
export function findingsTable(measurements: readonly Measurement[]): Table {
  const rows = findings(measurements).flatMap(({ claim, differences }) => {
    const measured = differences.filter(({ upper, lower }) => upper.length > 0 && lower.length > 0);
    if (measured.length === 0) return [];
    const judged = measured.map(({ what, upper, lower, holds }) => {
      const difference = pairedDifference(upper, lower, { metric: 'accuracy' });
      return { what, difference, right: holds(difference) };
    });
    const right = judged.filter(({ right }) => right).length;
    return judged.map(({ what, difference, right: each }, i) => [
      i === 0 ? claim : '',
      i === 0 ? verdict(right, judged.length) : '',
      what,
      `${signed(difference.mean)} (${interval(difference.interval)})`,
      each ? 'yes' : 'no',
    ]);
  });
  return plainTable(['finding', 'reproduced', 'difference', 'points (95 % interval)', 'as in the paper'], rows);
}

const verdict = (right: number, of: number) => (right === of ? 'yes' : right === 0 ? 'no' : `in ${right} of ${of}`);
const interval = ({ low, high }: Interval) => `${signed(low)} to ${signed(high)}`;
