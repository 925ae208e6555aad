/** Why is this gradient null? */
import type { NullGradient } from "../trace/facts";
import type { SourceRange } from "../trace/model";
import type { Code, Finding, Fix } from "./finding";
import { cutter, line, listed, named, quoted, related } from "./words";

/** A cause, in the order in which one hides another. */
interface Answer {
  code: Code;
  range?: SourceRange;
  /** Goes on from "'x' has no gradient: ". */
  because: string;
  todo: string;
  fixes: Fix[];
}

/** One answer to why a tensor has no gradient. */
export function whyNull(fact: NullGradient): Answer {
  if (!fact.requires_grad) return neverRequired(fact);
  if (!fact.is_leaf && !fact.retains_grad && fact.asked !== "backward") return notLeaf(fact);
  if (fact.backwards === 0 && fact.asked !== "backward") return noBackward(fact);
  return fact.cut ? cutOff(fact) : unreached(fact);
}

function neverRequired(fact: NullGradient): Answer {
  if (fact.cut) return cutOff(fact);
  if (!fact.floating) {
    return {
      code: "grad-integer",
      range: fact.made.range,
      because: `its dtype is ${fact.dtype}, and only floating-point tensors have gradients`,
      todo: "Make it a floating-point tensor: 'dtype: torch.float32', or '.float()'.",
      fixes: [],
    };
  }
  const { source, frozenAt } = fact;
  if (frozenAt) {
    return {
      code: "grad-not-required",
      range: frozenAt,
      because: `it was frozen${line(frozenAt)}`,
      todo: "Do not freeze what is to learn.",
      fixes: [],
    };
  }
  const leaf = source ?? fact.made;
  const because = source
    ? `it was computed from ${named(leaf, "a tensor")}${line(leaf.range)}, which does not require a gradient`
    : "it never required one";
  const fixes: Fix[] = leaf.range
    ? [
        {
          title: "Make it require a gradient",
          edit: { place: "option", range: leaf.range, text: "requires_grad: true" },
        },
      ]
    : [];
  return {
    code: "grad-not-required",
    range: leaf.range,
    because,
    todo: "Create it with 'requires_grad: true'.",
    fixes,
  };
}

function cutOff({ cut, ...fact }: NullGradient): Answer {
  const { kind, scope, range } = cut!;
  const name = named(fact.made, "it");
  if (kind === "no_grad") {
    return {
      code: "grad-no-grad",
      range: scope ?? range,
      because: `what was computed under 'no_grad'${line(scope ?? range)} is not recorded${scope && range && range.start.line !== scope.start.line ? ` (${cutter(cut!)}${line(range)})` : ""}`,
      todo: "Compute what the loss depends on outside of that block.",
      fixes: [],
    };
  }
  if (kind === "integer") {
    return {
      code: "grad-integer",
      range,
      because: `${cutter(cut!)}${line(range)} gives whole numbers or booleans, through which no gradient flows`,
      todo: "Use a differentiable expression instead (a softmax for an argmax, a soft threshold for a comparison).",
      fixes: [],
    };
  }
  if (kind === "number") {
    return {
      code: "grad-detached",
      range,
      because: `${cutter(cut!)}${line(range)} takes the value out of the graph as a plain number`,
      todo: "Go on with the tensor itself, and take numbers out only to print them.",
      fixes: [],
    };
  }
  const isCall = cut!.by === "detach" || cut!.by === "detach_";
  return {
    code: "grad-detached",
    range,
    because: `${cutter(cut!)}${line(range)} cuts the graph between ${name} and the loss`,
    todo: `Leave ${cutter(cut!)} out if ${name} is to learn from what follows.`,
    fixes:
      range && isCall ? [{ title: `Remove ${cutter(cut!)}`, edit: { place: "unlink", range, text: cut!.by } }] : [],
  };
}

function notLeaf({ made }: NullGradient): Answer {
  const name = made.name ?? "x";
  const plain = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name);
  return {
    code: "grad-not-leaf",
    range: made.range,
    because: `it is the result of an operation${line(made.range)}, and backward keeps the gradients of leaves only`,
    todo: `Call '${name}.retain_grad()' before backward; if it is to be a parameter, set requires_grad on it after the operation.`,
    fixes:
      made.range && made.name && plain
        ? [
            {
              title: `Insert '${name}.retain_grad()'`,
              edit: { place: "after", range: made.range, text: `${name}.retain_grad();` },
            },
          ]
        : [],
  };
}

function noBackward({ result, made }: NullGradient): Answer {
  const name = result?.name;
  return {
    code: "grad-no-backward",
    range: result?.range ?? made.range,
    because: `backward was not called${result ? ` on ${quoted(name, "the result")}${line(result.range)}` : ""}`,
    todo: name ? `Call '${name}.backward()' first.` : "Call backward on the loss first.",
    fixes:
      result?.range && name
        ? [
            {
              title: `Insert '${name}.backward()'`,
              edit: { place: "after", range: result.range, text: `${name}.backward();` },
            },
          ]
        : [],
  };
}

function unreached({ made, root, is_leaf }: NullGradient): Answer {
  return {
    code: "grad-unreached",
    range: made.range,
    because: `nothing that backward${line(root)} started from was computed from it`,
    todo: is_leaf
      ? "Use it in the forward pass, freeze it, or leave it away."
      : "Call backward on what was computed from it.",
    fixes: [],
  };
}

/** Null gradients as findings; those of one cause at one place are one. `fatal`: the program fell over them, even if it froze them itself. */
export function nullGradients(facts: readonly NullGradient[], fatal = false): Finding[] {
  const groups = new Map<string, { fact: NullGradient; answer: Answer; names: string[] }>();
  for (const fact of facts) {
    if (fact.frozen && fact.asked !== "backward" && !fatal) continue;
    // Steps without any forward pass: somebody tries out a scheduler.
    if (fact.asked === "optimizer" && fact.backwards === 0 && !fact.result) continue;
    const answer = whyNull(fact);
    const key = `${answer.code} ${JSON.stringify(answer.range ?? fact.made)}`;
    const known = groups.get(key);
    const name = fact.made.name ?? "";
    if (!known) groups.set(key, { fact, answer, names: name ? [name] : [] });
    else if (name && !known.names.includes(name)) known.names.push(name);
  }
  return [...groups.values()].map(({ fact, answer, names }) => {
    const { asked, at, root, made } = fact;
    const who = names.length > 0 ? listed(names) : "This tensor";
    const what =
      asked === "backward"
        ? `${who} takes no gradient`
        : asked === "optimizer"
          ? `${who}, which an optimiser steps, got no gradient`
          : `${who} has no gradient`;
    return {
      code: answer.code,
      severity: "warning",
      message: `${what}: ${answer.because}. ${answer.todo}`,
      ...(answer.range ? { range: answer.range } : at ? { range: at } : {}),
      related: [
        ...related(at, "its null gradient is used here"),
        ...related(answer.range === made.range ? undefined : made.range, "the tensor was made here"),
        ...related(root, "backward started here"),
      ],
      fixes: answer.fixes,
    };
  });
}
