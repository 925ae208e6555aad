/** `torch.utils`. */
export * as checkpoint from "./checkpoint";
export * as data from "./data";
