/** The layout in a worker of its own: a request in, a result out. It is cancelled by being terminated. */
import { layoutNested } from "./layout/nested";
import type { LayoutRequest, LayoutResponse } from "./layoutMessages";

/** The worker's global scope, typed without the DOM so that `src` needs none. */
interface Scope {
  onmessage: ((event: { data: LayoutRequest }) => void) | null;
  postMessage(message: LayoutResponse, transfer?: ArrayBufferLike[]): void;
}
const scope = globalThis as unknown as Scope;

scope.onmessage = ({ data: { id, input, options, memory, anchor } }) => {
  try {
    const result = layoutNested(input, options, memory, anchor);
    scope.postMessage({ id, result }, [result.x.buffer, result.y.buffer, result.points.buffer]);
  } catch (error) {
    scope.postMessage({ id, error: String(error) });
  }
};
