/** `torch.utils.data`. */
export { default_collate, default_convert } from "./collate";
export { DataLoader, type DataLoaderOptions, get_worker_info } from "./dataloader";
export {
  ChainDataset,
  ConcatDataset,
  Dataset,
  type DatasetLike,
  IterableDataset,
  random_split,
  Subset,
  TensorDataset,
} from "./dataset";
export { DistributedSampler } from "./distributed";
export {
  BatchSampler,
  RandomSampler,
  Sampler,
  SequentialSampler,
  SubsetRandomSampler,
  WeightedRandomSampler,
} from "./sampler";
