/** Bad input gets one clear line and exit status 2, and nothing is left half-written: through the real program. */
import { copyFile, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { namedPlan, readSafetensors, writeSafetensors } from '@attune/core';
import { FIXTURES_DIRECTORY } from '@attune/test-fixtures';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attune, copyOf, exists, pngOf, readJson, refusedBy, workspace } from '../test/cli.ts';

let folder: string;
let data: string;
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ folder, data, remove } = await workspace());
});

afterAll(async () => remove());

/** See `refusedBy`. */
const refused = (args: readonly string[]) => refusedBy(args, folder);

const tune = (...args: string[]) => refused(['tune', 'vision', '--epochs', '1', ...args]);

describe('data that is not there, or not as it should be', () => {
  it('a missing folder', async () => {
    expect(await tune('--data', 'no/such/folder')).toMatch(
      /^attune: There is no data at no\/such\/folder\. .*attune data list/,
    );
  });

  it('a misspelt name of a data set, with the nearest', async () => {
    expect(await tune('--data', 'fixtures/simlar')).toContain('Did you mean fixtures/similar');
  });

  it('an empty class folder', async () => {
    const copy = await copyOf(data, 'empty');
    await mkdir(join(copy, 'nothing'));
    const line = await tune('--data', copy);
    expect(line).toContain(`Class folder ${join(copy, 'nothing')} holds no JPEG, PNG, WebP or GIF images.`);
    expect(line).toContain('Add images, or remove the folder.');
  });

  it('images with several labels where one class is needed', async () => {
    const manifest = join(folder, 'several.csv');
    await writeFile(manifest, `path,label\n${data}/heart/000.png,a|b\n${data}/heart/001.png,a\n`);
    for (const balance of ['sampling', 'weights'])
      expect(await tune('--data', manifest, '--balance', balance)).toContain(`cannot be balanced by ${balance}`);
    expect(await refused(['advise', 'vision', '--data', manifest])).toContain(
      'have several labels each, and advice is measured on images of one class',
    );
    await writeFile(manifest, `path,label\n${data}/heart/000.png,|\n${data}/heart/001.png,\n`);
    expect(await tune('--data', manifest)).toContain('has one class only');
  });

  it('one class only', async () => {
    const copy = await copyOf(data, 'single');
    for (const name of await readdir(copy)) if (name !== 'heart') await rm(join(copy, name), { recursive: true });
    expect(await tune('--data', copy)).toContain("has one class only ('heart')");
  });

  it('a path that is a file', async () => {
    const file = join(folder, 'notes.txt');
    await writeFile(file, 'x');
    expect(await tune('--data', file)).toContain(`${file} is a file. Give a folder`);
    expect(await refused(['eval', file, '--data', data])).toContain(`${file} is a file.`);
  });

  it.each<[string, (file: string) => Promise<void>, string]>([
    ['a truncated image', (file) => truncate(file, 700), 'heart/000.png: it is cut short or damaged'],
    ['a renamed text file', (file) => writeFile(file, 'plain text'), 'this is not a JPEG, PNG, WebP or GIF image'],
    ['an image of 60,000 x 60,000', (file) => writeFile(file, pngOf(60_000)), '60000 x 60000 pixels are more than'],
  ])('%s: refused, or left out where that is asked for', async (name, spoil, message) => {
    const copy = await copyOf(data, name.replaceAll(/\W+/g, '-'));
    await spoil(join(copy, 'heart', '000.png'));
    const line = await tune('--data', copy);
    expect(line).toContain('heart/000.png');
    expect(line).toContain(message);
    expect(line).toContain('--on-broken skip');

    const out = join(folder, name);
    const args = ['tune', 'vision', '--data', copy, '--epochs', '1', '--on-broken', 'skip', '--out', out, '--json'];
    const { status, stdout, stderr } = await attune(args, { cwd: folder });
    expect(status).toBe(0);
    expect(stderr).toContain('left out: heart/000.png');
    const { skipped } = JSON.parse(stdout).data;
    expect(skipped).toHaveLength(1);
    expect(skipped[0].name).toBe('heart/000.png');
    expect(skipped[0].reason).toContain(message.replace('heart/000.png: ', ''));
  });
});

describe('advice', () => {
  const advise = (...args: string[]) => refused(['advise', 'vision', ...args]);

  it('on nothing, on a misspelt name, from a network that is not there or takes no such images', async () => {
    expect(await advise('--data', 'no/such/folder')).toContain('There is no data at no/such/folder.');
    expect(await advise('--data', data, '--from', 'shapes_cn')).toContain('Did you mean shapes_cnn');
    expect(await advise('--data', data, '--size', '4')).toContain('Give a size from 8 to 4096.');
    expect(await advise('--data', data, '--weights', 'none.safetensors')).toContain('none.safetensors');
    expect(await advise('--data', data, '--source-data', 'no/source')).toContain('There is no data at no/source.');
  });

  it('on one class, and on one image of each', async () => {
    const single = await copyOf(data, 'advise-single');
    const classes = await readdir(single);
    for (const name of classes) if (name !== 'heart') await rm(join(single, name), { recursive: true });
    expect(await advise('--data', single)).toContain("has one class only ('heart')");

    const few = await copyOf(data, 'advise-few');
    for (const name of classes)
      for (const image of await readdir(join(few, name))) if (image !== '000.png') await rm(join(few, name, image));
    expect(await advise('--data', few)).toContain(`No class of ${few} has two images to learn from.`);
  });

  it('on a broken image that is not to be left out', async () => {
    const copy = await copyOf(data, 'advise-broken');
    await truncate(join(copy, 'heart', '000.png'), 700);
    expect(await advise('--data', copy, '--on-broken', 'refuse')).toContain('--on-broken skip');
  });
});

describe('data that is odd', () => {
  it('is warned of, and learnt from all the same', async () => {
    const copy = await copyOf(data, 'odd');
    const [first, second] = (await readdir(copy)).sort();
    await rename(join(copy, first!), join(copy, '🐝 bees & co'));
    await rename(join(copy, second!), join(copy, 'Käfer'));
    const picture = join(copy, 'Käfer', '000.png');
    await mkdir(join(copy, 'käfer'));
    await copyFile(picture, join(copy, 'käfer', '000.png'));
    const out = join(folder, 'odd');
    const args = ['tune', 'vision', '--data', copy, '--epochs', '1', '--out', out, '--no-report', '--json'];
    const { status, stdout, stderr } = await attune(args, { cwd: folder });
    expect(status, stderr).toBe(0);
    const { classes, data: used } = JSON.parse(stdout);
    expect(classes).toEqual(expect.arrayContaining(['🐝 bees & co', 'Käfer', 'käfer']));
    expect(used.warnings).toEqual([
      expect.stringMatching(/^1 picture is in more than one class, such as Käfer\/000\.png .* and käfer\/000\.png/),
      ...(used.warnings.length > 4 ? [expect.stringContaining('test image is a copy')] : []),
      expect.stringContaining('1 image is a copy of others'),
      "Class 'käfer' has a single image: it is learnt from, and nothing is left to test on.",
      expect.stringContaining("Classes 'Käfer' and 'käfer' differ in case only"),
    ]);
    const said = stderr.split('\n').filter((line) => line.startsWith('warning: '));
    expect(said).toEqual(used.warnings.map((warning: string) => `warning: ${warning}`));
    expect(stderr.indexOf('warning: ')).toBeLessThan(stderr.indexOf('epoch 1/1'));
    expect((await attune(['eval', out, '--json'], { cwd: folder })).status).toBe(0);
  });

  it('images that are all the same', async () => {
    const copy = await copyOf(data, 'same');
    const [first] = await readdir(copy);
    const picture = await readFile(join(copy, first!, '000.png'));
    for (const name of await readdir(copy, { recursive: true }))
      if (name.endsWith('.png')) await writeFile(join(copy, name), picture);
    const args = [
      'tune',
      'vision',
      '--data',
      copy,
      '--plan',
      'linear-probe',
      '--epochs',
      '1',
      '--out',
      join(folder, 'same'),
    ];
    const { status, stderr } = await attune(args, { cwd: folder });
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('warning: All 30 images are the same: there is nothing to tell the classes apart by.');
  });
});

describe('arguments', () => {
  it.each([
    ['an unknown command', ['tun'], "unknown command 'tun' (Did you mean tune?)"],
    ['an unknown option', ['doctor', '--jsn'], "unknown option '--jsn' (Did you mean --json?)"],
    ['no command', [], 'There is no command.'],
    ['a missing argument', ['predict'], "missing required argument 'run'"],
    ['a number that is none', ['tune', 'vision', '--epochs', '1.5'], 'It must be a whole number of at least 1'],
    [
      'an unknown choice',
      ['export', 'x', '--format', 'onx', '--out', 'y'],
      'Allowed choices are onnx, safetensors, tfjs',
    ],
    ['an unknown model', ['tune', 'vision', '--from', 'squeezenet'], 'Did you mean squeezenet1_0?'],
    ['an unknown model to show', ['models', 'show', 'resnet-18'], 'Did you mean resnet18'],
    ['an unknown plan', ['tune', 'vision', '--plan', 'linear-prob'], 'Did you mean linear-probe?'],
    ['a missing plan file', ['tune', 'vision', '--plan', 'my/plan.json'], 'There is no plan file my/plan.json.'],
    ['an unknown backend', ['tune', 'vision', '--backend', 'onx'], "There is no backend 'onx'"],
    ['an impossible size', ['tune', 'vision', '--size', '4'], 'shapes_cnn cannot take images of 4 x 4 px.'],
    ['an unknown balance', ['tune', 'vision', '--balance', 'x'], 'Allowed choices are sampling, weights'],
    ['unknown views', ['predict', 'x', 'y', '--tta', 'flop'], 'Allowed choices are centre, flip, five-crop+flip'],
    ['a resume of nothing', ['tune', 'vision', '--resume'], ''],
    ['a missing run', ['eval', 'runs/nothing'], 'There is no folder runs/nothing.'],
    [
      'weights that are not there',
      ['tune', 'vision', '--from', 'resnet18'],
      'The weights of resnet18 are not on this machine',
    ],
  ])('%s', async (name, args, message) => {
    if (name === 'a resume of nothing') {
      const { status, stderr } = await attune(args, { cwd: folder });
      expect([status, stderr]).toEqual([
        2,
        expect.stringMatching(/^attune: --resume needs the folder of a run\..*\n$/),
      ]);
    } else if (name === 'no command') {
      const { status, stderr } = await attune(args, { cwd: folder });
      expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
    } else expect(await refused(args)).toContain(message);
  });

  it('a plan file with a wrong field names the field and the nearest', async () => {
    const file = join(folder, 'plan.json');
    await writeFile(file, JSON.stringify({ version: 1, name: 'x', carryed: {} }));
    expect(await tune('--plan', file)).toContain(`${file}: there is no field carryed. Did you mean carried?`);
    await writeFile(file, '{');
    expect(await tune('--plan', file)).toContain(`${file} is not JSON`);
  });

  it.each<[string, string[], string]>([
    [
      'a cut at a layer that is not there',
      ['--plan', 'probe-at-blok2'],
      "no layer called 'blok2'. Did you mean block2",
    ],
    ['a group that is not there', ['--plan', 'surgical-blok2'], "no layer group 'blok2'. Did you mean block2"],
    ['more groups than there are', ['--plan', 'last-9'], 'has 5 layer groups; the last 9 cannot be moved'],
  ])('%s', async (_, args, message) => {
    expect(await tune('--data', data, ...args)).toContain(message);
  });

  it.each<[string, object, string]>([
    [
      'a rank above a layer',
      { lora: { rank: 99, alpha: 1 } },
      'LoRA of rank 99 is wider than conv1.weight of shapes_cnn, which is 27 x 16. Take a rank of at most 16',
    ],
    ['an unknown key', { lora: { rank: 1, alpha: 1, ranks: 2 } }, 'no field added.lora.ranks. Did you mean rank'],
  ])('a plan with %s', async (_, added, message) => {
    const file = join(folder, 'added.json');
    await writeFile(file, JSON.stringify({ ...namedPlan('lora'), added: { head: 'new', ...added } }));
    expect(await tune('--data', data, '--plan', file)).toContain(message);
  });

  it('with --json the error is the one document on stdout', async () => {
    const { status, stdout } = await attune(['tune', 'vision', '--plan', 'ful', '--json'], { cwd: folder });
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toEqual({ error: { status: 2, message: expect.stringContaining('Did you mean full') } });
  });
});

describe('weights', () => {
  let original: Uint8Array;

  beforeAll(async () => {
    original = await readFile(join(FIXTURES_DIRECTORY, 'vision/shapes_cnn/shapes_cnn.safetensors'));
  });

  /** Writes the embedded weights, changed. */
  async function changed(
    name: string,
    change: (tensors: Map<string, { shape: readonly number[]; data: Float32Array }>) => void,
  ) {
    const { tensors, metadata } = readSafetensors(original, 'the embedded weights');
    const copies = new Map(
      [...tensors].map(([key, { shape, data: values }]) => [key, { shape, data: values as Float32Array }]),
    );
    change(copies);
    const file = join(folder, `${name}.safetensors`);
    await writeFile(file, writeSafetensors(copies, metadata));
    return file;
  }

  it('a missing tensor', async () => {
    const file = await changed('missing', (tensors) => tensors.delete('head.bias'));
    expect(await tune('--data', data, '--weights', file)).toContain(
      `The weights in ${file} do not fit shapes_cnn: missing: 'head.bias'.`,
    );
  });

  it('an extra tensor', async () => {
    const file = await changed('extra', (tensors) => tensors.set('surprise', { shape: [1], data: Float32Array.of(1) }));
    expect(await tune('--data', data, '--weights', file)).toContain("not part of the network: 'surprise'");
  });

  it('a wrongly shaped tensor', async () => {
    const file = await changed('shape', (tensors) => {
      const { shape, data: values } = tensors.get('head.weight')!;
      tensors.set('head.weight', { shape: [...shape].reverse(), data: values });
    });
    expect(await tune('--data', data, '--weights', file)).toMatch(
      /wrongly shaped: 'head\.weight' is \[10, \d+\] instead of/,
    );
  });

  it.each<[string, (header: Header) => void, string]>([
    ['offsets', (header) => (header['head.bias']!.data_offsets![1] = 2 ** 40), 'needs 40 bytes and has'],
    ['overlaps', (header) => (header['head.bias']!.data_offsets = [0, 40]), 'overlaps the one before it'],
  ])('a header that lies: %s', async (name, change, message) => {
    const file = join(folder, `${name}.safetensors`);
    await writeFile(file, withHeader(original, change));
    const line = await tune('--data', data, '--weights', file);
    expect(line).toContain(`attune: ${file}: `);
    expect(line).toContain(message);
  });

  it('a header longer than the file', async () => {
    const file = join(folder, 'long.safetensors');
    const bytes = Buffer.from(original);
    bytes.writeBigUInt64LE(2n ** 60n, 0);
    await writeFile(file, bytes);
    expect(await tune('--data', data, '--weights', file)).toContain(`attune: ${file}: its header claims`);
  });

  it('a file that is not there', async () => {
    expect(await tune('--data', data, '--weights', 'nowhere.safetensors')).toContain(
      'There is no weights file nowhere.safetensors.',
    );
  });
});

type Header = Record<string, { data_offsets?: number[] }>;

function withHeader(bytes: Uint8Array, change: (header: Header) => void): Buffer {
  const buffer = Buffer.from(bytes);
  const length = Number(buffer.readBigUInt64LE(0));
  const header = JSON.parse(buffer.toString('utf8', 8, 8 + length));
  change(header);
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text, buffer.subarray(8 + length)]);
}

describe('a run that cannot go on', () => {
  it('a loss that is not finite stops it, names the step, and keeps the last good checkpoint', async () => {
    const out = join(folder, 'diverged');
    const args = ['tune', 'vision', '--data', data, '--epochs', '3', '--batch', '4', '--lr', '1e30', '--out', out];
    const { status, stdout, stderr } = await attune([...args, '--checkpoint-seconds', '0'], { cwd: folder });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^attune: Training diverged.*step \d+.*learning rate/);
    expect(await exists(join(out, 'model.safetensors'))).toBe(false);
    expect((await readJson(join(out, 'run.json'))).status).toBe('running');
    await expectWhole(join(out, 'checkpoint'), true);
  });

  it('a full disk: one line, and nothing half-written', async () => {
    const out = join(folder, 'full');
    const args = ['tune', 'vision', '--data', data, '--epochs', '1', '--plan', 'full', '--out', out];
    // Records fit in 100 KiB; a checkpoint does not.
    const { status, stdout, stderr } = await attune([...args, '--no-cache'], { cwd: folder, fileSize: 100 });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^attune: .*was not written/);
    expect((await readJson(join(out, 'run.json'))).status).toBe('running');
    expect(await readdir(out)).not.toContain('model.safetensors');
    await expectWhole(join(out, 'checkpoint'), false);

    const { status: resumed } = await attune([...args, '--resume'], { cwd: folder });
    expect(resumed).toBe(0);
    expect((await readJson(join(out, 'run.json'))).status).toBe('done');
  });

  it('a folder that holds a run already is not overwritten', async () => {
    const out = join(folder, 'taken');
    const first = ['tune', 'vision', '--data', data, '--epochs', '1', '--plan', 'linear-probe', '--out', out];
    expect((await attune(first, { cwd: folder })).status).toBe(0);
    const before = await readFile(join(out, 'run.json'), 'utf8');
    const { status, stderr } = await attune(['tune', 'vision', '--data', data, '--epochs', '1', '--out', out], {
      cwd: folder,
    });
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/^attune: .*taken already holds a run\. .*--resume\.\n$/),
    ]);
    expect(await readFile(join(out, 'run.json'), 'utf8')).toBe(before);
  });
});

/** A checkpoint folder that holds one whole checkpoint or none, and no temporary file. */
async function expectWhole(checkpoint: string, there: boolean): Promise<void> {
  const names = await readdir(checkpoint).catch((): string[] => []);
  expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  expect(names.includes('state.json')).toBe(there);
  if (!there) return expect(names).toEqual([]);
  const state = (await readJson(join(checkpoint, 'state.json'))) as { tensors: { file: string; bytes: number } };
  expect(names).toContain(state.tensors.file);
  expect((await readFile(join(checkpoint, state.tensors.file))).byteLength).toBe(state.tensors.bytes);
}
