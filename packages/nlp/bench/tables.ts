/**
 * Writes the README's tables of what language models forget and of what things cost, from the records in this folder.
 *
 *   node --import tsx -C @attune/source packages/nlp/bench/tables.ts
 */
import { fileURLToPath } from 'node:url';
import { markdown, plainTable } from '@attune/report';
import { updateSection } from '@attune/report/node';
import { readBenchRecord } from './bench-record.ts';
import type { Saving } from './bucketing.ts';
import type { Forgetting, TokenCost } from './language-model.ts';

const README = fileURLToPath(new URL('../README.md', import.meta.url));

const { stories, generated, tokens } = await readBenchRecord<{
  readonly stories: readonly Forgetting[];
  readonly generated: readonly Forgetting[];
  readonly tokens: readonly TokenCost[];
}>('language-model');

const forgetting = (rows: readonly Forgetting[], source: string, target: string) =>
  markdown(
    plainTable(
      ['plan', 'learning rate', source, target],
      rows.map((row) => [row.plan, row.learningRate ?? '', row.source.toFixed(2), row.target.toFixed(2)].map(String)),
    ),
  );
await updateSection(README, 'stories', forgetting(stories, 'story', 'reviews'));
await updateSection(README, 'generated-texts', forgetting(generated, 'first kind', 'second kind'));
await updateSection(
  README,
  'tokens',
  markdown(
    plainTable(
      ['tokens so far', 'ms, keys and values kept', 'ms, all passed again'],
      tokens.map(({ sofar, kept, again }) => [String(sofar), kept.toFixed(2), again.toFixed(2)]),
    ),
  ),
);

const { savings } = await readBenchRecord<{ readonly savings: readonly Saving[] }>('bucketing');
const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
await updateSection(
  README,
  'bucketing',
  markdown(
    plainTable(
      ['texts', 'words: median, longest', 'padding, one length', 'padding, bucketed', 'an epoch is faster by'],
      savings.map(({ data, lengths, padding, faster }) => [
        data,
        `${lengths.median}, ${lengths.longest}`,
        percent(padding.longest),
        percent(padding.bucketed),
        `${faster.toFixed(1)}x`,
      ]),
    ),
  ),
);
