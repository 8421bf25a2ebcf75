/** What tests of the demos and the pictures of their READMEs are made with. */
export { readZip } from './read-zip.ts';
export {
  findChromium,
  type ServedApp,
  said,
  serveApp,
  stopTrainingWhen,
  takePicture,
  traceTasks,
  type Visit,
  visit,
} from './visit.ts';
