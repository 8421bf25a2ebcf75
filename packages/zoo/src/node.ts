/** What `@attune/zoo` offers in Node only: networks in files. */
export {
  dataDirectories,
  findPretrained,
  type LoadedNetwork,
  type LoadPretrainedOptions,
  loadNetwork,
  loadPretrained,
  saveNetwork,
} from './files.ts';
