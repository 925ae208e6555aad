/** Imports and exports: awaited loads at the top, live references, and getters for what the module exports. */
import { type AstNode, boundNames, isTypeOnly, type Span } from "./ast";
import type { Context } from "./context";
import { isTypeImport, type Reference } from "./scope";

/** A module that the program loads before it starts. */
export interface StaticImport extends Span {
  specifier: string;
}

interface Load extends StaticImport {
  local: string;
  /** Names that the module must have. */
  names: Set<string>;
}

export class ModuleRewriter {
  readonly loads: Load[] = [];
  private readonly exported: { name: string; value: string }[] = [];
  private readonly stars: string[] = [];
  /** By declaring identifier of an import: the expression that reads it. */
  private readonly reads = new Map<AstNode, string>();

  constructor(private readonly context: Context) {}

  /** Must run over all imports before any identifier is rewritten. */
  collectImports(body: readonly AstNode[]): void {
    for (const node of body) {
      if (node.type === "ImportDeclaration" && !isTypeImport(node)) this.collect(node);
    }
  }

  private collect(node: AstNode): void {
    const used = node.specifiers.filter((specifier: AstNode) => !isTypeImport(specifier) && this.isUsed(specifier));
    if (used.length === 0 && node.specifiers.length > 0 && this.context.typescript) return;
    const load = this.load(node.source);
    const namespaceFirst = (a: AstNode, b: AstNode) => Number(isNamespace(b)) - Number(isNamespace(a));
    for (const specifier of used.sort(namespaceFirst)) {
      if (isNamespace(specifier)) {
        // The object of the module is live by itself, and under its own name in V8's messages.
        load.local = specifier.local.name;
        continue;
      }
      const name = specifier.type === "ImportDefaultSpecifier" ? "default" : nameOf(specifier.imported);
      this.reads.set(specifier.local, load.local + member(name));
      if (this.references(specifier).some((reference) => !reference.exported)) load.names.add(name);
    }
  }

  private references(specifier: AstNode): Reference[] {
    return this.context.analysis.bindingOf.get(specifier.local)?.references ?? [];
  }

  /** TypeScript drops an import that no value uses: it may be a type. JavaScript keeps all. */
  private isUsed(specifier: AstNode): boolean {
    return !this.context.typescript || this.references(specifier).length > 0;
  }

  private load(source: AstNode): Load {
    const { start, end } = source;
    const load = {
      specifier: source.value as string,
      start,
      end,
      local: this.context.local(),
      names: new Set<string>(),
    };
    this.loads.push(load);
    return load;
  }

  /** The expression that reads an imported name, or undefined if `reference` is to something else. */
  importRead(reference: Reference | undefined): string | undefined {
    if (reference?.binding?.kind !== "import") return undefined;
    return this.reads.get(reference.binding.declarations[0]!);
  }

  export(name: string, value = name): void {
    this.exported.push({ name, value });
  }

  exportDeclared(declaration: AstNode): void {
    const names =
      declaration.type === "VariableDeclaration"
        ? declaration.declarations.flatMap(({ id }: AstNode) => boundNames(id))
        : [declaration.id];
    for (const { name } of names) if (!this.exported.some((known) => known.name === name)) this.export(name);
  }

  /** `export { a as b }`, `export { a } from "…"`, `export * from "…"`: nothing remains in place. */
  exportList(node: AstNode): void {
    const from = node.source && !isTypeImport(node) ? this.load(node.source) : null;
    if (node.type === "ExportAllDeclaration") {
      if (from) this.stars.push(from.local);
    } else if (!isTypeImport(node)) {
      for (const specifier of node.specifiers) if (!isTypeImport(specifier)) this.exportSpecifier(specifier, from);
    }
    this.context.blankStatement(node);
  }

  private exportSpecifier(specifier: AstNode, from: Load | null): void {
    const name = nameOf(specifier.exported);
    if (specifier.type === "ExportNamespaceSpecifier") {
      this.export(name, from!.local);
      return;
    }
    const local = nameOf(specifier.local);
    if (from) {
      // Whether `local` is a type there is not known here, so it is not asked for.
      this.export(name, from.local + member(local));
      return;
    }
    const reference = this.context.analysis.referenceOf.get(specifier.local);
    const isType = !reference?.binding && this.context.analysis.types.has(local);
    if (!isType) this.export(name, this.importRead(reference) ?? local);
  }

  /** `import x = require("…")` and `import x = A.B`. */
  importEquals(node: AstNode): void {
    const { context } = this;
    const name: string = node.id.name;
    const unused = !node.isExport && !context.analysis.bindingOf.get(node.id)?.references.length;
    if (node.importKind === "type" || unused) {
      context.blankStatement(node);
      return;
    }
    const reference: AstNode = node.moduleReference;
    let value: string;
    if (reference.type === "TSExternalModuleReference") {
      value = `${context.names.runtime}.required(${this.load(reference.expression).local})`;
    } else {
      let root = reference;
      while (root.type === "TSQualifiedName") root = root.left;
      const read = this.importRead(context.analysis.referenceOf.get(root));
      value = (read ?? root.name) + context.text.slice(root.end, reference.end);
    }
    context.blank(node.start, node.end, `const ${name}=${value};`);
    if (node.isExport && !node.insideNamespace) this.export(name);
  }

  /** Goes before the first statement: names first, so that a cycle of imports sees them. */
  header(): string {
    const { runtime } = this.context.names;
    let text = "";
    if (this.exported.length > 0) {
      const getters = this.exported.map(({ name, value }) => `${JSON.stringify(name)}:()=>${value}`);
      text += `${runtime}.export({${getters.join(",")}});`;
    }
    this.loads.forEach(({ specifier, local, names }, index) => {
      text += `const ${local}=await ${runtime}.load(${index},${JSON.stringify(specifier)},${JSON.stringify([...names])});`;
    });
    for (const star of this.stars) text += `${runtime}.star(${star});`;
    return text;
  }
}

const isNamespace = (specifier: AstNode) => specifier.type === "ImportNamespaceSpecifier";

/** Whether an `export …` statement exports types only. */
export function exportsTypeOnly(node: AstNode): boolean {
  return node.declaration ? isTypeOnly(node.declaration) : isTypeImport(node);
}

function nameOf(node: AstNode): string {
  return node.type === "StringLiteral" ? node.value : node.name;
}

function member(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}
