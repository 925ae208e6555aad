/** A compiled module as base64: scripts/lib/kernels.mjs makes it. */
declare module "*.wasm" {
  const base64: string;
  export default base64;
}
