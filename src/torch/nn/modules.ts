/** `torch.nn.modules`: hooks of every module live at `torch.nn.modules.module`, as in PyTorch. */
export * as module from "./hooksOfAll";
