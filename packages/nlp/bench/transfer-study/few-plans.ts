/** The plans that are compared where a target has few examples: the paper's, and what was found since. */
import { constant, type FitOptions, namedPlan, slantedTriangular, type TransferPlan } from '@attune/core';
import { initPlan } from '@attune/nlp';

export interface FewPlan {
  readonly name: string;
  readonly plan: TransferPlan;
  readonly settings: Partial<FitOptions>;
  /** Learning rates that are chosen from on validation examples, with 32 examples a class of the first seed. */
  readonly rates: readonly number[];
}

const BATCH = 16;
/** A run is as long for every plan and number of examples. */
const UPDATES = 150;

/** Epochs that make about so many updates of `examples` in all. */
export const fewEpochs = (examples: number) => Math.ceil(UPDATES / Math.ceil(examples / BATCH));

const few = (
  name: string,
  plan: TransferPlan,
  rates: readonly number[],
  settings: Partial<FitOptions> = {},
): FewPlan => ({ name, plan, rates, settings: { batchSize: BATCH, schedule: constant(), ...settings } });

/** All that moves can take a large rate on fresh layers, and must not on copied ones; a head or a few products can. */
const GENTLE = [3e-4, 1e-3, 3e-3];
const BOLD = [1e-3, 3e-3, 1e-2];

export const FEW_PLANS: readonly FewPlan[] = [
  few('scratch', initPlan({ E: 'random', H: 'random', O: 'random' }), GENTLE),
  few('E alone', initPlan({ E: 'tuned', H: 'random', O: 'random' }), GENTLE),
  few('linear-probe', namedPlan('linear-probe'), BOLD),
  few('full', namedPlan('full'), GENTLE),
  few('probe-then-full', namedPlan('probe-then-full'), GENTLE),
  few('discriminative', namedPlan('discriminative'), GENTLE),
  few('ULMFiT', { ...namedPlan('gradual'), name: 'ulmfit' }, BOLD, { schedule: slantedTriangular() }),
  few('l2-sp', namedPlan('l2-sp'), GENTLE),
  few('lora', namedPlan('lora'), BOLD),
  few('adapters', namedPlan('adapters'), BOLD),
  few('bitfit', namedPlan('bitfit'), BOLD),
];

/** Of a target with the source's classes. */
export const WITH_HEAD: FewPlan = few('full, O too', initPlan({ E: 'tuned', H: 'tuned', O: 'tuned' }), GENTLE);
