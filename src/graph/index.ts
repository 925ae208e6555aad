/** From a trace to a picture's geometry. Reads the trace's model only. */
export { firstView, groupingsFor, openFirst, usualGroups } from "./firstView";
export * from "./format";
export * from "./groups";
export * from "./layout";
export { FRAME, layoutNested, type Memory, type NestedInput, type NestedResult } from "./layout/nested";
export { atOrigin, type LayoutRequest, type LayoutResponse, layoutInput, type Placement } from "./layoutMessages";
export { callPath, matchNodes } from "./match";
export * from "./model";
export * from "./palette";
export { MEASURES, type Quantity, quantitiesOf } from "./quantities";
