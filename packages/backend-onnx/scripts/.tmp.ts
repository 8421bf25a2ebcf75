import * as tf from '@tensorflow/tfjs-core';
import { Tensor } from 'onnxruntime-common';
import { writeModel } from '../src/onnx/writer.ts';
import { nodeRuntime } from '../src/runtime/node.ts';
let id = 0;
export function runOn(provider: any, type: string, inputs: {shape: number[], data?: any, type?: any, const?: boolean}[], attributes: any, outShape: number[], outType: any = 'float32') {
  const rt = nodeRuntime(provider, 1);
  const inits: any[] = [], gi: any[] = [], feeds: any = {}, names: string[] = [];
  inputs.forEach((t, i) => {
    const n = `x${i}`; names.push(n);
    const size = t.shape.reduce((a, b) => a * b, 1);
    const data = t.data ?? Float32Array.from({ length: size }, (_, k) => Math.sin(k * 1.7 + i) );
    if (t.const) inits.push({ name: n, type: t.type ?? 'float32', dims: t.shape, data: new Uint8Array(data.buffer) });
    else { gi.push({ name: n, type: t.type ?? 'float32', dims: t.shape }); feeds[n] = new Tensor(t.type ?? 'float32', data, t.shape); }
  });
  const model = { graphName: 'g', nodes: [{ type, domain: '', name: `a/${type}_${++id}`, inputs: names, outputs: ['y'], attributes }], initializers: inits, inputs: gi, outputs: [{ name: 'y', type: outType, dims: outShape }], opsets: { '': 18 }, irVersion: 9, producer: { name: 'x', version: '0' } };
  const s = rt.createSync(writeModel(rt.amend(model as any) as any), { profile: 'tiny' });
  const size = outShape.reduce((a, b) => a * b, 1);
  const out = outType === 'int32' ? new Int32Array(size) : new Float32Array(size);
  s.runSync(feeds, { y: new Tensor(outType, out as any, outShape) });
  s.release();
  return out;
}
const i64 = (v: number[]) => ({ shape: [v.length], data: BigInt64Array.from(v, BigInt), type: 'int64', const: true });
const cases: [string, () => any][] = [];
function cmp(label: string, ...args: any) {
  let a: any, b: any;
  try { a = (runOn as any)('cpu', ...args); b = (runOn as any)('webgpu', ...args); } catch (e) { console.log(label, 'ERROR', (e as Error).message.slice(0, 200)); return; }
  let d = 0; a.forEach((v: number, i: number) => (d = Math.max(d, Math.abs(v - b[i]))));
  console.log(label, d < 1e-4 ? 'ok' : 'DIFF ' + d, d < 1e-4 ? '' : [...a].slice(0, 8) + ' / ' + [...b].slice(0, 8));
}

for (const n of [1, 2]) for (const [c, g, og] of [[6,3,1],[3,3,1],[4,2,1],[6,2,1],[6,3,2],[6,2,3],[8,2,1],[2,2,1]] as number[][]) for (const h of [2,3]) for (const [k, pads] of [[2, [0,0,1,1]],[2,[0,0,0,0]],[3,[1,1,1,1]]] as [number, number[]][]) {
  const s = 1; const o = g! * og!;
  const oh = (h - 1) * s + k - pads[0]! - pads[2]!, ow = (h - 1) * s + k - pads[1]! - pads[3]!;
  cmp(`ConvT n${n} c${c} g${g} k${k} h${h} p${pads} o${o}`, 'ConvTranspose', [{ shape: [n, c, h, h] }, { shape: [c, og, k, k] }], { group: g, kernel_shape: [k, k], strides: [s, s], pads }, [n, o, oh, ow]);
}
process.exit(0);
