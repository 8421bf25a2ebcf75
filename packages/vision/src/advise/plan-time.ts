/** How long a plan would take here, from the time of a pass through the frozen network. */
import type { ImageNetwork, TransferPlan } from '@attune/core';
import { defaultSettings } from '../default-settings.ts';

/**
 * Time of an update, in passes of as many images through the frozen network: what is differentiated, and how far down,
 * decides it. Measured by `bench/transfer-study/costs.ts`, see its record.
 */
export const UPDATE_COSTS: Readonly<Record<string, number>> = {
  scratch: 6,
  full: 6.7,
  'probe-then-full': 5.7,
  'l2-sp': 6.3,
  lora: 3.3,
  adapters: 3.7,
  bitfit: 2.9,
  modular: 1.8,
  surgical: 1.9,
};

export interface PlanTimeOptions {
  readonly plan: TransferPlan;
  readonly network: ImageNetwork;
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
