/** What lowered code calls: the meaning of enums, namespaces and `using`. */

/** Enters a member in both directions unless it is a string, and returns its value. */
export function enumMember(object: Record<string, unknown>, name: string, value: unknown): unknown {
  object[name] = value;
  if (typeof value !== "string") object[String(value)] = name;
  return value;
}

type Accessors = Record<string, [get: () => unknown, set?: (value: unknown) => void]>;

/** Puts the exported names of a namespace on its object. */
export function namespace(object: object, members: Accessors): void {
  for (const [name, [get, set]] of Object.entries(members)) {
    Object.defineProperty(object, name, { get, set, enumerable: true, configurable: true });
  }
}

const SYNC: symbol = Symbol.dispose ?? Symbol.for("Symbol.dispose");
const ASYNC: symbol = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");

/** The resources of one block, disposed of in reverse order; an error on the way does not hide the first. */
export function disposables(isAsync: boolean) {
  const stack: (() => unknown)[] = [];
  let failure: { error: unknown } | undefined;

  const fail = (error: unknown) => {
    failure = failure ? { error: suppressed(error, failure.error) } : { error };
  };
  const use = <T>(resource: T): T => {
    if (resource === null || resource === undefined) return resource;
    const methods = resource as unknown as Record<symbol, unknown>;
    const dispose = (isAsync ? methods[ASYNC] : undefined) ?? methods[SYNC];
    if (typeof dispose !== "function") throw new TypeError("Object is not disposable");
    stack.push(() => dispose.call(resource));
    return resource;
  };
  const disposeAsync = async () => {
    for (let next = stack.pop(); next; next = stack.pop()) {
      try {
        await next();
      } catch (error) {
        fail(error);
      }
    }
    if (failure) throw failure.error;
  };
  const disposeSync = () => {
    for (let next = stack.pop(); next; next = stack.pop()) {
      try {
        next();
      } catch (error) {
        fail(error);
      }
    }
    if (failure) throw failure.error;
  };
  return { use, fail, dispose: isAsync ? disposeAsync : disposeSync };
}

function suppressed(error: unknown, first: unknown): Error {
  const message = "An error was suppressed during disposal";
  return Object.assign(new Error(message), { name: "SuppressedError", error, suppressed: first });
}
