/** The commands on texts, through the real program: JSON alone on stdout, and results that fit together. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from '@huggingface/transformers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attune, exists, readJson, textWorkspace } from '../test/cli.ts';

let folder: string;
let data: string;
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ folder, data, remove } = await textWorkspace());
});

afterAll(async () => remove());

/** Runs a command with `--json` and gives its document: stdout must hold nothing else. */
async function json(...args: string[]) {
  const { status, stdout, stderr } = await attune([...args, '--json'], { cwd: folder });
  expect(status, stderr).toBe(0);
  return { document: JSON.parse(stdout), stderr };
}

const SMALL = ['--from', 'text-cnn', '--embedding-size', '8', '--hidden-size', '6', '--epochs', '2', '--batch', '8'];

describe('a word-level network', () => {
  it('is tuned, evaluated, asked, exported, and carried to other texts', async () => {
    const { document: run, stderr } = await json('tune', 'nlp', '--data', data, ...SMALL, '--out', 'words');
    expect(run).toEqual({
      run: 'words',
      report: join('words', 'report.html'),
      ...(await readJson(join(folder, 'words', 'run.json'))),
    });
    expect(stderr).toContain('epoch 2/2');
    expect((await readdir(join(folder, 'words'))).sort()).toEqual([
      'checkpoint',
      'metrics.jsonl',
      'model.safetensors',
      'report.html',
      'run.json',
    ]);

    const { document: evaluated } = await json('eval', 'words');
    expect(evaluated.metrics.confusion).toEqual(run.result.test.confusion);
    const wrong = Math.round((1 - evaluated.metrics.accuracy) * evaluated.metrics.examples);
    expect(evaluated.mistakes).toHaveLength(Math.min(wrong, 5));
    for (const { text, takenFor, ...mistake } of evaluated.mistakes) {
      expect(text).toMatch(/\w/);
      expect(takenFor).not.toBe(mistake.class);
    }

    await writeFile(join(folder, 'new.txt'), 'a lovely film .\n\n"quoted", and dull\n');
    const named = await attune(['predict', 'words', '--data', 'new.txt', '--out', 'named.csv'], { cwd: folder });
    expect([named.status, named.stdout]).toEqual([0, '2 texts named: named.csv\n']);
    expect(named.stderr).toContain('left out: new.txt:2: it has no text');
    const lines = (await readFile(join(folder, 'named.csv'), 'utf8')).trimEnd().split('\n');
    expect(lines[0]).toBe('name,text,prediction,probability');
    expect(lines[2]).toMatch(/^new\.txt:3,"""quoted"", and dull",(positive|negative),[01]\.\d{6}$/);
    const { document: asked } = await json('predict', 'words', 'a lovely film', '--top', '1');
    expect(asked.predictions[0].classes).toHaveLength(1);

    await json('export', 'words', '--format', 'onnx', '--out', 'words-exported');
    const classify = await pipeline('text-classification', join(folder, 'words-exported'), { dtype: 'fp32' });
    const [said] = (await classify('a lovely film')) as { label: string; score: number }[];
    const [first] = asked.predictions[0].classes;
    expect(said!.label).toBe(first.label);
    expect(said!.score).toBeCloseTo(first.probability, 4);
    await classify.dispose();
    await json('export', 'words', '--format', 'safetensors', '--out', 'copy.safetensors');
    const args = ['tune', 'nlp', '--data', data, '--from', 'copy.safetensors', '--epochs', '1', '--out', 'again'];
    const { document: again } = await json(...args, '--no-report');
    expect([again.plan.name, again.settings.words.embeddingSize, again.report]).toEqual(['init-ttr', 8, null]);
    expect(await exists(join(folder, 'again', 'report.html'))).toBe(false);
  });

  it('is tuned with several seeds: their mean and spread', async () => {
    const args = ['tune', 'nlp', '--data', data, ...SMALL, '--seeds', '2', '--seed', '4', '--out', 'seeds'];
    const { document } = await json(...args);
    expect(document.runs.map(({ seed }: { seed: number }) => seed)).toEqual([4, 5]);
    expect(document.summary.accuracy.count).toBe(2);
    expect(await exists(join(folder, 'seeds', 'report.html'))).toBe(true);
    expect(await exists(join(folder, 'seeds', 'seed5', 'run.json'))).toBe(true);
  });
});

describe('an encoder', () => {
  it('is advised on, tuned, and exported for transformers.js, which says the same', async () => {
    const { document: advice } = await json('advise', 'nlp', '--data', data, '--from', 'tiny_bert');
    expect([advice.scenario.size, advice.recommended.plan]).toEqual(['small', 'setfit']);
    const text = await attune(['advise', 'nlp', '--data', data, '--from', 'tiny_bert'], { cwd: folder });
    expect(text.stdout).toMatch(/^next {6}attune tune nlp --data .*reviews --from tiny_bert --plan setfit$/m);

    const args = ['tune', 'nlp', '--data', data, '--from', 'tiny_bert', '--plan', 'linear-probe', '--out', 'bert'];
    const { document: run } = await json(...args);
    expect(run.model).toBe('encoder');
    const { document: evaluated } = await json('eval', 'bert');
    expect(evaluated.metrics.confusion).toEqual(run.result.test.confusion);

    await json('export', 'bert', '--format', 'onnx', '--out', 'exported');
    const texts = ['a lovely film with a great cast', 'a dull and awful story'];
    const { document: asked } = await json('predict', 'bert', ...texts);
    const classify = await pipeline('text-classification', join(folder, 'exported'), { dtype: 'fp32' });
    for (const [i, input] of texts.entries()) {
      const [said] = (await classify(input)) as { label: string; score: number }[];
      const [first] = asked.predictions[i].classes;
      expect(said!.label).toBe(first.label);
      expect(said!.score).toBeCloseTo(first.probability, 4);
    }
    await classify.dispose();
  });
});
