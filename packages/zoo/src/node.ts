/** What `@attune/zoo` offers in Node only: networks in files. */
export {
  dataDirectories,
  findPretrained,
  type LoadedNetwork,
  type LoadPretrainedOptions,
  loadNetwork,
  loadPretrained,
  readLora,
  saveLora,
  saveNetwork,
} from './files.ts';
