import { createRequire } from 'node:module';
import { demoConfig } from '@attune/demo-parts/build';

const { resolve } = createRequire(import.meta.url);
const data = (file: string) => resolve(`@attune/test-fixtures/data/nlp/${file}`);
const encoderFiles = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];

export default demoConfig(import.meta.url, {
  'networks/reviews_lstm.safetensors': data('reviews_lstm/reviews_lstm.safetensors'),
  ...Object.fromEntries(encoderFiles.map((file) => [`networks/tiny_bert/${file}`, data(`tiny_bert/${file}`)])),
});
