import { createRequire } from 'node:module';
import { demoConfig } from '@attune/demo-parts/build';

const { resolve } = createRequire(import.meta.url);

export default demoConfig(import.meta.url, {
  'networks/shapes_cnn.safetensors': resolve('@attune/test-fixtures/data/vision/shapes_cnn/shapes_cnn.safetensors'),
});
