/** From a trace to a picture's geometry. Reads the trace's model only. */
export * from "./format";
export * from "./layout";
export { layoutInput, type LayoutRequest, type LayoutResponse } from "./layoutMessages";
export * from "./model";
export * from "./palette";
