/** What training takes, whichever network it is of. */
import type { Added, ExampleSource, Lora, Network } from '@attune/core';
import type { TextExample } from '../dataset/example.ts';
import type { EncodedTexts } from '../text/encode.ts';

export interface Started {
  /** With what the plan carries in place, what it adds added, and a head of the target's classes. */
  readonly network: Network;
  /** The source as it was, where the plan holds to it. */
  readonly held: Network | undefined;
  /** The low-rank products, where the plan adds some. */
  readonly lora: Lora | undefined;
  /** Of the source's task, where the plan goes on learning it. */
  readonly sourceTrain: ExampleSource | undefined;
  /** Texts as the network takes them. */
  readonly encode: (examples: readonly TextExample[]) => EncodedTexts;
  /** Writes the network into the folder of its run. LoRA must be merged by now. */
  readonly save: (folder: string, labels: readonly string[], added: Added) => Promise<void>;
  /** What is worth saying of how it came about: sentences. */
  readonly notes: readonly string[];
}
