/** The page: complete, self-contained, escaped, and with the numbers of the records in it. */
import { describe, expect, it } from 'vitest';
import { memoryDocument } from '../plots/svg-files.ts';
import type { Measurement, StudyRecord } from '../records/study-record.ts';
import { type PageContent, renderPage } from './page.ts';
import { groupRuns, type ReportedRun } from './run-groups.ts';
import { layoutOf, studyTable } from './study-sections.ts';

const EVIL = '<script>alert("x")</script>';

function run(plan: string, seed: number, accuracy: number, epochs = 3): ReportedRun {
  const right = Math.round(accuracy * 10);
  return {
    record: {
      format: 1,
      domain: 'vision',
      status: 'done',
      from: 'shapes_cnn',
      plan: { name: plan },
      seed,
      settings: { epochs, batchSize: 8, learningRate: 0.001, patience: null },
      classes: [EVIL, 'tame'],
      data: { path: 'a & b', fingerprint: 'f00d', examples: { train: 30, validation: 5, test: 20 } },
      versions: { attune: '0.1.0', tensorflow: '4.22.0' },
      backend: 'onnx',
      result: { steps: 12, bestEpoch: 1, seconds: 2, trainableParameters: 1234 },
    },
    history: Array.from({ length: epochs }, (_, epoch) => ({
      epoch,
      step: 4 * (epoch + 1),
      'train/loss': 1 / (epoch + 1),
      'train/accuracy': 0.5,
      'validation/loss': 1.5 / (epoch + 1),
      'validation/accuracy': accuracy,
      'charts/seconds': 1,
    })),
    evaluated: {
      split: 'test',
      metrics: { accuracy, macroF1: accuracy, loss: 0.5, examples: 20 },
      confusion: [
        [right, 10 - right],
        [10 - right, right],
      ],
    },
    facts: [['plan', 'moves everything']],
    pictures: [
      {
        name: `${EVIL}.png`,
        truth: 'tame',
        prediction: EVIL,
        probability: 0.75,
        source: 'data:image/png;base64,AAAA',
        isSmall: true,
      },
    ],
    passages: [
      { name: `${EVIL}.csv:2`, texts: [EVIL, 'x'.repeat(1000)], truth: 'tame', prediction: EVIL, probability: 0.5 },
    ],
  };
}

const study: StudyRecord = {
  format: 1,
  kind: 'study',
  study: 'plans by size',
  domain: 'vision',
  command: 'node study.ts',
  versions: { node: '20' },
  backend: 'cpu',
  measurements: ['flowers', EVIL].flatMap((target) =>
    ['scratch', 'full'].flatMap((plan, i) =>
      [5, 20].flatMap((size) =>
        [0, 1].map(
          (seed): Measurement => ({
            factors: { target, plan, size, model: 'm' },
            seed,
            metrics: { loss: 1, accuracy: 0.01 * size + 0.1 * i + 0.02 * seed },
            seconds: 1800,
          }),
        ),
      ),
    ),
  ),
};

const render = (content: PageContent) =>
  renderPage({ environment: [['processor', 'a processor, 2 cores, 8 GiB']], ...content }, memoryDocument());
const both = [run('scratch', 0, 0.4), run('full', 0, 0.7), run('scratch', 1, 0.6), run('full', 1, 0.9)];

describe.each<[string, PageContent]>([
  ['one run', { runs: [run('full', 0, 0.8)] }],
  ['several plans', { runs: both }],
  ['a study', { studies: [study] }],
])('a page of %s', (_, content) => {
  const page = render(content);

  it('escapes every name and needs nothing from elsewhere', () => {
    expect(page).not.toContain('<script');
    expect(page).toContain('&lt;script&gt;');
    expect(page.match(/(src|href)="(?!data:)[^"]*"/g)).toBeNull();
    expect(page.replaceAll('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(/@import|url\(|https?:/);
  });

  it('has every tag closed, and no number that is none', () => {
    const open: string[] = [];
    for (const [, end, name, empty] of page.matchAll(/<(\/?)([A-Za-z][A-Za-z0-9]*)(?:"[^"]*"|[^<>"])*?(\/?)>/g)) {
      if (empty === '/') continue;
      if (end === '/') expect(open.pop()).toBe(name);
      else open.push(name!);
    }
    expect(open).toEqual([]);
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe('renderPage', () => {
  it('of one run shows its figures, curves, confusion, an example, plan, settings and environment', () => {
    const page = render({ runs: [run('full', 0, 0.8)] });
    for (const text of ['80.0 %', 'Loss', 'Accuracy', 'validation', 'taken for', '75.0 %', 'moves everything'])
      expect(page).toContain(text);
    expect(page).toContain('shapes_cnn on a &amp; b: 2 classes; examples: 30 train, 5 validation, 20 test.');
    expect(page).toContain('2 of 10 tame taken for');
    expect(page).toContain('0.001');
    expect(page).toContain('a processor, 2 cores, 8 GiB');
    expect(page).toContain('<desc>Loss: training from 1 to 0.333; validation from 1.5 to 0.5.</desc>');
  });

  it('of several plans compares means over their seeds, and pairs', () => {
    const page = render({ runs: both });
    expect(page).toContain('2 plans compared');
    expect(page).toMatch(/scratch<\/th><td>2<\/td><td>50\.0 %<\/td><td>14\.1 points/);
    expect(page).toMatch(/full<\/th><td>2<\/td><td>80\.0 %/);
    expect(page).toContain('full, mean of 2');
    expect(page).toContain('full, test, 2 runs together');
    expect(page).toContain('+30.0, 2 of 2 won');
  });

  it('copes with runs of one epoch, without validation, without evaluation, and unfinished', () => {
    const { record } = run('full', 0, 0.5);
    const history = [{ epoch: 0, 'train/loss': 1 }];
    const unfinished = { record: { ...record, status: 'running', result: null } as const, history, evaluated: null };
    const page = render({ runs: [unfinished] });
    expect(page).not.toMatch(/NaN|Infinity|undefined|Confusion/);
    expect(page).toContain('not finished');
    expect(render({ runs: [unfinished, run('scratch', 0, 0.5)] })).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('shows no picture that lies elsewhere', () => {
    const spied = run('full', 0, 0.8);
    const pictures = [{ ...spied.pictures![0]!, source: 'http://example.org/x.png' }];
    expect(render({ runs: [{ ...spied, pictures }] })).not.toContain('example.org');
  });

  it('of a study has its table, a plot for each target, differences over all, and what makes it again', () => {
    const page = render({ studies: [study] });
    expect(page).toContain('16 measurements, 2 seeds, 8.0 hours');
    expect(page).toContain('<td><b>16.0 ± 1.4</b></td>');
    expect(page).toContain('+10.0, 8 of 8 won');
    expect(page).toContain('node study.ts');
    expect([...page.matchAll(/<figure/g)]).toHaveLength(3);
  });

  it('needs something to show', () => expect(() => render({})).toThrow(RangeError));
});

describe('groupRuns', () => {
  it('keeps the order of plans, seeds together', () => {
    expect(groupRuns(both).map(({ label, runs }) => [label, runs.length])).toEqual([
      ['scratch', 2],
      ['full', 2],
    ]);
  });

  it('tells apart what differs in network, data or settings, and says in what', () => {
    const slow = run('full', 0, 0.7);
    const settings = { ...slow.record.settings, learningRate: 0.1 };
    const others = [
      { ...slow, record: { ...slow.record, settings } },
      { ...slow, record: { ...slow.record, from: 'other' } },
    ];
    expect(groupRuns([slow, ...others]).map(({ label }) => label)).toEqual([
      'full, shapes_cnn, learning rate 0.001',
      'full, shapes_cnn, learning rate 0.1',
      'full, other',
    ]);
  });
});

describe('a study lies by its factors', () => {
  it('plans in lines, sizes across, what does not vary left out', () => {
    expect(layoutOf(study)).toEqual({ metric: 'accuracy', series: 'plan', across: 'size', rest: ['target'] });
    expect(studyTable(study, 'loss')!.columns.map(({ title }) => title)).toEqual(['target', 'plan', '5', '20']);
  });

  it('without sizes it is a row for each cell; without measurements nothing', () => {
    const measurements = study.measurements.filter(({ factors }) => factors.size === 5);
    const table = studyTable({ ...study, measurements })!;
    expect(table.columns.map(({ title }) => title)).toEqual(['target', 'plan', 'accuracy', 'standard deviation', 'n']);
    expect(table.rows[0]!.map(({ text }) => text)).toEqual(['flowers', 'scratch', '6.0 %', '1.4 %', '2']);
    expect(studyTable({ ...study, measurements: [] })).toBeUndefined();
  });
});
