/** The eight workloads, in the order of the table. */
import { mlpTrain, mpcRollout } from './control.ts';
import { encoderTrain, lstmTrain } from './sequence.ts';
import { cnnTrain, dipStep, resnet18Features, resnet18Train } from './vision.ts';
import type { Workload } from './workload.ts';

export type { Step, Workload } from './workload.ts';

export const WORKLOADS: readonly Workload[] = [
  cnnTrain,
  resnet18Train,
  resnet18Features,
  mlpTrain,
  mpcRollout,
  lstmTrain,
  encoderTrain,
  dipStep,
];
