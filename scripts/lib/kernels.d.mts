/** What tests and vitest.config.ts use of kernels.mjs. */
import type { Plugin as EsbuildPlugin } from "esbuild";
import type { Plugin as VitePlugin } from "vite";

export const kernels: EsbuildPlugin;
export const kernelsForTests: VitePlugin;
