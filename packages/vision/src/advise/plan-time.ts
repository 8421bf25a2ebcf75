/** How long a plan would take here, from the time of a pass through the frozen network. */
import type { Network, TransferPlan } from '@attune/core';
import { defaultSettings } from '../default-settings.ts';

/**
 * Time of an update, in passes of as many images through the frozen network: what is differentiated, and how far down,
 * decides it. Measured by `bench/transfer-study/costs.ts`, see its record.
 */
export const UPDATE_COSTS: Readonly<Record<string, number>> = {
  scratch: 4,
  full: 4,
  'probe-then-full': 4,
  'l2-sp': 4,
  lora: 4,
  adapters: 3,
  bitfit: 3,
  modular: 3,
  surgical: 3,
};

export interface PlanTimeOptions {
  readonly plan: TransferPlan;
  readonly network: Network;
  /** Images to learn from. */
  readonly images: number;
  /** Of a pass through the frozen network, seconds an image. */
  readonly secondsPerImage: number;
}

/** Seconds that training with default settings would take here, roughly. */
export function planSeconds({ plan, network, images, secondsPerImage }: PlanTimeOptions): number {
  const settings = defaultSettings({ plan, network, size: network.preprocessing.size, examples: images });
  // Features of the images and of their mirror images; updates of the head are next to nothing.
  const probe = 2 * images * secondsPerImage;
  if (plan.moved.groups.what === 'head') return probe;
  const cost = UPDATE_COSTS[plan.name] ?? UPDATE_COSTS.full!;
  return (plan.added.head === 'fitted' ? probe : 0) + settings.epochs * images * cost * secondsPerImage;
}
