/**
 * Reads of `.grad` whose value the program relies on. What it only compares with null, tests, or reads behind `?.` or `??`
 * shows that null is expected there; so does a variable or a parameter that takes the value and is tested somewhere.
 */
import { type AstNode, children, isTypeOnly, unwrap } from "./ast";
import type { Analysis, Binding } from "./scope";

/** What becomes of the value: `used` in a computation or call, or `printed`. */
export type GradUse = "used" | "printed";

/** What a place does with a value: null where nothing relies on it, `tested` where it may be null. */
type Fate = GradUse | "tested" | null;

/** How far a value is followed through variables and parameters. */
const DEPTH_MAX = 4;
const TEST_NAMES = /^(?:expect|assert|is|has|check|Boolean$)/;
const CONTAINERS = /^(?:push|unshift|set|add)$/;

/** The reads by their member expression: `x.grad`. */
export function gradReads(body: readonly AstNode[], analysis: Analysis): Map<AstNode, GradUse> {
  return new Reads(analysis).find(body);
}

class Reads {
  private readonly parents = new Map<AstNode, AstNode>();
  private readonly candidates: AstNode[] = [];

  constructor(private readonly analysis: Analysis) {}

  find(body: readonly AstNode[]): Map<AstNode, GradUse> {
    for (const statement of body) this.walk(statement);
    const found = new Map<AstNode, GradUse>();
    for (const node of this.candidates) {
      const fate = this.fateOf(node, 0);
      if ((fate === "used" || fate === "printed") && !this.knowsItsKind(node)) found.set(node, fate);
    }
    return found;
  }

  private walk(root: AstNode): void {
    const stack = [root];
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (isTypeOnly(node)) continue;
      if (isGradRead(node)) this.candidates.push(node);
      for (const child of children(node)) {
        this.parents.set(child, node);
        stack.push(child);
      }
    }
  }

  /** What becomes of the value of an expression. */
  private fateOf(node: AstNode, depth: number): Fate {
    if (depth > DEPTH_MAX) return "used";
    const parent = this.parents.get(node);
    if (!parent) return null;
    if (unwrap(parent) !== parent && parent.expression === node) return this.fateOf(parent, depth);
    switch (parent.type) {
      case "BinaryExpression":
        return /^(?:[!=]==?|instanceof|in)$/.test(parent.operator) ? "tested" : "used";
      case "UnaryExpression":
        return /^[-+~]$/.test(parent.operator) ? "used" : "tested";
      case "LogicalExpression":
        return node === parent.left ? "tested" : this.fateOf(parent, depth);
      case "ConditionalExpression":
        return node === parent.test ? "tested" : this.fateOf(parent, depth);
      case "IfStatement":
      case "WhileStatement":
      case "DoWhileStatement":
      case "ForStatement":
        return "tested";
      case "MemberExpression":
        return node === parent.object ? "used" : null;
      case "OptionalMemberExpression":
        return node === parent.object && parent.optional ? "tested" : "used";
      case "TemplateLiteral":
        return "printed";
      case "ArrayExpression":
      case "SpreadElement":
      case "ObjectExpression": {
        const fate = this.fateOf(parent, depth);
        return fate === "printed" ? fate : null;
      }
      case "ObjectProperty":
        return node === parent.value ? this.fateOf(parent, depth) : null;
      case "ForOfStatement":
        return node === parent.right ? "used" : null;
      case "CallExpression":
      case "NewExpression":
      case "OptionalCallExpression":
        return node === parent.callee ? null : this.argumentFate(node, parent, depth);
      case "VariableDeclarator":
        return parent.id.type === "Identifier" ? this.bindingFate(this.analysis.bindingOf.get(parent.id), depth) : null;
      case "AssignmentExpression": {
        const target = unwrap(parent.left);
        if (node !== parent.right || target.type !== "Identifier") return null;
        return this.bindingFate(this.analysis.referenceOf.get(target)?.binding, depth);
      }
      default:
        return null;
    }
  }

  private argumentFate(node: AstNode, call: AstNode, depth: number): Fate {
    const callee = unwrap(call.callee);
    const name: string = callee.property?.name ?? callee.name ?? "";
    if (callee.object?.name === "console") return "printed";
    if (call.arguments.some((other: AstNode) => other !== node && isNull(other))) return "tested";
    if (TEST_NAMES.test(name) || TEST_NAMES.test(callee.object?.name ?? "")) return "tested";
    if (callee.type !== "Identifier") return CONTAINERS.test(name) ? null : "used";
    const binding = this.analysis.referenceOf.get(callee)?.binding;
    if (!binding) return /^(?:String|Number)$/.test(name) ? "printed" : "used";
    const taker = this.functionOf(binding);
    return taker ? this.parameterFate(taker, call.arguments.indexOf(node), depth) : "used";
  }

  /** The function that a name stands for, when it is plain to see. */
  private functionOf(binding: Binding): AstNode | undefined {
    const parent = binding.declarations.length === 1 ? this.parents.get(binding.declarations[0]!) : undefined;
    const value: AstNode | undefined =
      parent?.type === "VariableDeclarator" ? parent.init && unwrap(parent.init) : parent;
    return value && /Function/.test(value.type) ? value : undefined;
  }

  private parameterFate(taker: AstNode, position: number, depth: number): Fate {
    const params: AstNode[] = taker.params;
    const rest = params.at(-1)?.type === "RestElement" ? params.length - 1 : Number.POSITIVE_INFINITY;
    const param = position >= rest ? params.at(-1)!.argument : params[position];
    if (!param) return null;
    // What a rest parameter takes is followed no further: whether its function speaks of null at all decides.
    if (position >= rest) return this.speaksOfNull(taker, new Set()) ? "tested" : "printed";
    const identifier = param.type === "AssignmentPattern" ? param.left : param;
    return identifier.type === "Identifier" ? this.bindingFate(this.analysis.bindingOf.get(identifier), depth) : null;
  }

  /** `const text = (v) => v === null ? "None" : …`, called from a function or handed to a `map` in it. */
  private speaksOfNull(root: AstNode, seen: Set<AstNode>): boolean {
    if (seen.has(root)) return false;
    seen.add(root);
    const stack = [root];
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (isNull(node)) return true;
      const binding = node.type === "Identifier" ? this.analysis.referenceOf.get(node)?.binding : undefined;
      const called = binding && this.functionOf(binding);
      if (called && this.speaksOfNull(called, seen)) return true;
      for (const child of children(node)) if (!isTypeOnly(child)) stack.push(child);
    }
    return false;
  }

  /** Tested anywhere, a variable is known to hold null at times. */
  private bindingFate(binding: Binding | undefined, depth: number): Fate {
    const fates = (binding?.references ?? [])
      .filter(({ read }) => read)
      .map(({ node }) => this.fateOf(node, depth + 1));
    if (fates.includes("tested")) return "tested";
    return fates.includes("used") ? "used" : fates.includes("printed") ? "printed" : null;
  }

  /** `console.log(c.is_leaf, c.grad)`: who asks the one expects the other. */
  private knowsItsKind(read: AstNode): boolean {
    const call = this.parents.get(read);
    const object = unwrap(read.object);
    return (
      call?.type === "CallExpression" &&
      object.type === "Identifier" &&
      call.arguments.some(
        (other: AstNode) =>
          other.type === "MemberExpression" &&
          /^(?:is_leaf|retains_grad)$/.test(other.property.name ?? "") &&
          unwrap(other.object).name === object.name,
      )
    );
  }
}

function isGradRead(node: AstNode): boolean {
  return (
    node.type === "MemberExpression" &&
    !node.computed &&
    node.property.name === "grad" &&
    unwrap(node.object).type !== "Super"
  );
}

function isNull(node: AstNode): boolean {
  return node.type === "NullLiteral" || (node.type === "Identifier" && node.name === "undefined");
}
