/** Arrays, maps and sets that hold tensors, looked at without running code of the program's. */
import type { Tensor } from "../../torch/tensor";
import type { Scene } from "./scene";

export interface Collection {
  /** As the program would write it: `log.losses`. */
  path: string;
  collection: object;
  elements: Tensor[];
}

/** Objects looked into below a variable: `log.metrics.losses`. */
const DEPTH_MAX = 2;
const FIELDS_MAX = 64;
const ELEMENTS_MAX = 4_096;

/** The collections of tensors, or of objects with tensors, that a value is or holds. */
export function collections(value: unknown, path: string, scene: Scene): Collection[] {
  const found: Collection[] = [];
  const isObject = (each: unknown): each is object =>
    typeof each === "object" && each !== null && !scene.isProxy(each) && !scene.isTensor(each);
  const look = (object: unknown, name: string, depth: number): void => {
    if (!isObject(object)) return;
    const list = listOf(object);
    if (list) {
      const within = list.flatMap((each) => (isObject(each) ? fieldsOf(each).map(([, field]) => field) : [each]));
      const elements = within.filter((each) => scene.isTensor(each));
      if (elements.length > 0) found.push({ path: name, collection: object, elements });
    } else if (depth < DEPTH_MAX) {
      for (const [key, field] of fieldsOf(object)) look(field, `${name}.${key}`, depth + 1);
    }
  };
  look(value, path, 0);
  return found;
}

function listOf(object: object): unknown[] | undefined {
  if (Array.isArray(object)) return object.slice(0, ELEMENTS_MAX);
  if (object instanceof Map) return [...Map.prototype.values.call(object)].slice(0, ELEMENTS_MAX);
  if (object instanceof Set) return [...Set.prototype.values.call(object)].slice(0, ELEMENTS_MAX);
  return undefined;
}

/** Own fields, without those that a getter answers for. */
function fieldsOf(value: object): [string, unknown][] {
  return Object.keys(value)
    .slice(0, FIELDS_MAX)
    .flatMap((key): [string, unknown][] => {
      const field = Object.getOwnPropertyDescriptor(value, key);
      return field && "value" in field ? [[key, field.value]] : [];
    });
}
