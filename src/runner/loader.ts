/** What an import finds: the engine, the program's own files, and npm packages as Node finds them. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as vm from "node:vm";
import * as pyplot from "../plot/pyplot";
import { type GradRead, Lines, runtime, SnippetError } from "../snippet";
import * as torch from "../torch";
import type { SourceRange } from "../trace/model";
import type { Recorder } from "../trace/recorder";
import { type CompiledSnippet, compile, type ModuleRuntime } from "./compile";
import type { Places } from "./places";
import type { RunRequest } from "./protocol";

type Namespace = Record<string, unknown>;

const engine: Namespace = torch;
torch.serialization.files = { read: (path) => readFileSync(path), write: writeFileSync };

/** One of the program's files, evaluated once. */
interface Module {
  path: string;
  file: number;
  exports: Namespace;
  /** The modules whose end this one waits for. */
  waitsFor: Set<Module>;
  evaluated: Promise<void>;
}

export interface LoaderHost {
  recorder: Recorder;
  places: Places;
  /** Enters a file into the trace; returns its index. */
  addFile(path: string): number;
  /** What the editor holds of files by their paths, where the disk has an older text. */
  unsaved: ReadonlyMap<string, string>;
  /** The text means to read `.grad` of variables of these names. */
  expects(names: readonly string[]): void;
  /** Notes that `.grad` of an object is read at a place that relies on it; returns the object. */
  read<T>(object: T, at: SourceRange, use: GradRead["use"]): T;
  /** Notes where an error that has no stack of the program came from. */
  blame(error: unknown, range: SourceRange): void;
}

const ENDINGS = ["", ".ts", ".mts", ".js", ".mjs", ".json", "/index.ts", "/index.js"];
const OWN = /\.(?:[mc]?ts|m?js|[tj]sx)$/i;

export class Loader {
  private readonly modules = new Map<string, Module>();

  constructor(private readonly host: LoaderHost) {}

  /** Compiles the program itself and returns what runs it. Throws {@link SnippetError}. */
  program({ path, text, selection, snippet }: RunRequest) {
    const compiled = compile(text, { path, selection, firstSite: this.host.recorder.siteCount }, snippet);
    const module = this.register(path, text, compiled);
    return { ran: compiled.snippet.ran, start: () => this.evaluate(module, compiled) };
  }

  private register(path: string, text: string, { snippet }: CompiledSnippet): Module {
    const { recorder, places } = this.host;
    const file = this.host.addFile(path);
    const module: Module = { path, file, exports: {}, waitsFor: new Set(), evaluated: Promise.resolve() };
    this.modules.set(path, module);
    places.add({ file, path, text, snippet });
    const inFile = <T extends object>(range: T) => ({ file, ...range });
    recorder.addBlocks(snippet.blocks.map((block) => ({ ...block, range: inFile(block.range) })));
    this.host.expects(snippet.reads.map((read) => read.of));
    recorder.addSites(
      snippet.sites.map((site) => ({ ...site, range: inFile(site.range), uses: site.uses.map(inFile) })),
    );
    return module;
  }

  private evaluate(module: Module, compiled: CompiledSnippet): Promise<void> {
    const ambient = {
      torch,
      nn: engine.nn,
      F: (engine.nn as Namespace | undefined)?.functional,
      optim: engine.optim,
      plt: pyplot,
      require: createRequire(absolute(module.path)),
      __filename: module.path,
      __dirname: dirname(absolute(module.path)),
    };
    module.evaluated = compiled.bind(this.host.recorder, this.runtimeOf(module, compiled), ambient)();
    return module.evaluated;
  }

  private runtimeOf(module: Module, { snippet }: CompiledSnippet): ModuleRuntime {
    const rangeOf = ({ start, end }: { start: number; end: number }): SourceRange => {
      return { file: module.file, start: snippet.lines.position(start), end: snippet.lines.position(end) };
    };
    const url = pathToFileURL(absolute(module.path)).href;
    const reads: SourceRange[] = [];
    const load = async (index: number, specifier: string, names: string[]) => {
      try {
        const namespace = await this.import(specifier, module);
        for (const name of names) if (!(name in namespace)) throw missing(specifier, name);
        return namespace;
      } catch (error) {
        this.host.blame(error, rangeOf(snippet.imports[index]!));
        throw error;
      }
    };
    return {
      ...runtime,
      load,
      thrown: (index: number, error: unknown) => {
        if (!(error instanceof Error)) this.host.blame(error, rangeOf(snippet.throws[index]!));
        return error;
      },
      read: <T>(index: number, object: T): T => {
        const read = snippet.reads[index]!;
        reads[index] ??= rangeOf(read);
        return this.host.read(object, reads[index], read.use);
      },
      import: (specifier: unknown) => this.import(String(specifier), module),
      required: (namespace: Namespace) => namespace["module.exports"] ?? namespace.default ?? namespace,
      export: (getters: Record<string, () => unknown>) => defineGetters(module.exports, getters),
      star: (namespace: Namespace) => {
        const names = Object.keys(namespace).filter((name) => name !== "default" && !(name in module.exports));
        defineGetters(module.exports, Object.fromEntries(names.map((name) => [name, () => namespace[name]])));
      },
      meta: { url, filename: module.path, dirname: dirname(absolute(module.path)) },
    };
  }

  private async import(specifier: string, from: Module): Promise<Namespace> {
    const ours = engineModule(specifier);
    if (ours) return ours;
    if (/^(?:\.{0,2}\/|\.{1,2}$|file:)/.test(specifier) || isAbsolute(specifier))
      return this.importFile(specifier, from);
    return importPackage(specifier, absolute(from.path));
  }

  private async importFile(specifier: string, from: Module): Promise<Namespace> {
    const base = dirname(absolute(from.path));
    const wanted = specifier.startsWith("file:") ? fileURLToPath(specifier) : resolve(base, specifier);
    const path = findFile(wanted);
    if (!path)
      throw Object.assign(new Error(`Cannot find ${specifier} from ${base}`), { code: "ERR_MODULE_NOT_FOUND" });
    const unsaved = this.host.unsaved.get(path);
    if (path.endsWith(".json")) return { default: parseJson(path, unsaved) };
    if (!OWN.test(path)) return importPackage(path, absolute(from.path));
    let module = this.modules.get(path);
    if (!module) {
      const text = unsaved ?? readFileSync(path, "utf8");
      const compiled = this.compileFile(path, text);
      module = this.register(path, text, compiled);
      void this.evaluate(module, compiled).catch(() => {});
    }
    await this.evaluated(module, from);
    return module.exports;
  }

  private compileFile(path: string, text: string): CompiledSnippet {
    try {
      return compile(text, { path, firstSite: this.host.recorder.siteCount });
    } catch (error) {
      if (error instanceof SnippetError) {
        const lines = new Lines(text);
        const file = this.host.addFile(path);
        this.host.blame(error, { file, start: lines.position(error.start), end: lines.position(error.end) });
      }
      throw error;
    }
  }

  /** Waits for a module, unless it waits for the one that asks: in a cycle the names are there, the values come later. */
  private async evaluated(module: Module, from: Module): Promise<void> {
    if (module === from || waitsFor(module, from, new Set())) return;
    from.waitsFor.add(module);
    try {
      await module.evaluated;
    } finally {
      from.waitsFor.delete(module);
    }
  }
}

function waitsFor(module: Module, other: Module, seen: Set<Module>): boolean {
  if (seen.has(module)) return false;
  seen.add(module);
  return module.waitsFor.has(other) || [...module.waitsFor].some((next) => waitsFor(next, other, seen));
}

/** `gradlens`, `gradlens/pyplot`, and a submodule by its path: `gradlens/nn/functional`. */
function engineModule(specifier: string): Namespace | undefined {
  if (!/^gradlens(?:\/|$)/.test(specifier)) return undefined;
  if (specifier === "gradlens/pyplot") return { ...pyplot, default: pyplot };
  let found: unknown = engine;
  for (const part of specifier.split("/").slice(1)) {
    found = (found as Namespace | undefined)?.[part];
    if (found === undefined) throw new Error(`There is no ${specifier}: gradlens has no submodule ${part}`);
  }
  return specifier === "gradlens" ? engine : { ...(found as Namespace), default: found };
}

/** A path for Node: an untitled document counts as a file of the working directory. */
function absolute(path: string): string {
  if (path.startsWith("file:")) return fileURLToPath(path);
  return isAbsolute(path) ? path : resolve(path.replace(/^[a-z][a-z\d+.-]*:\/*/i, ""));
}

function findFile(path: string): string | undefined {
  const candidates = ENDINGS.map((ending) => path + ending);
  // TypeScript's way: `./model.js` may stand for `./model.ts`.
  candidates.push(path.replace(/\.(m?)js$/, ".$1ts"));
  return candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile());
}

function parseJson(path: string, unsaved: string | undefined): unknown {
  try {
    return JSON.parse(unsaved ?? readFileSync(path, "utf8"));
  } catch (error) {
    throw new SyntaxError(`${path}: ${(error as Error).message}`);
  }
}

/** Node's own import, as if the program's file had asked. */
function importPackage(specifier: string, from: string): Promise<Namespace> {
  const own = vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  if (!own) {
    const path = createRequire(from).resolve(specifier);
    return import(isAbsolute(path) ? pathToFileURL(path).href : path);
  }
  return withoutWarning("USE_MAIN_CONTEXT_DEFAULT_LOADER", () => {
    const script = new vm.Script("(specifier)=>import(specifier)", { filename: from, importModuleDynamically: own });
    return (script.runInThisContext() as (specifier: string) => Promise<Namespace>)(specifier);
  });
}

/** The person who runs a program did not choose what Node warns of here. */
function withoutWarning<T>(about: string, act: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    if (!String(warning).includes(about)) (emitWarning as (...args: unknown[]) => void).call(process, warning, ...rest);
  }) as typeof emitWarning;
  try {
    return act();
  } finally {
    process.emitWarning = emitWarning;
  }
}

function missing(specifier: string, name: string): Error {
  return new SyntaxError(`The module '${specifier}' has no export named '${name}'`);
}

function defineGetters(target: object, getters: Record<string, () => unknown>): void {
  for (const [name, get] of Object.entries(getters)) {
    Object.defineProperty(target, name, { get, enumerable: true, configurable: true });
  }
}
