/** What ended the program: an error with a known cause is a finding at its cause, any other at its place. */
import type { NullGradient, Overwritten } from "../trace/facts";
import type { Trace, TraceError } from "../trace/model";
import { errorFixes } from "./errorFixes";
import type { Finding, Fix } from "./finding";
import { nullGradients } from "./nullGradients";
import { graphKept } from "./training";
import { line, named, related } from "./words";

/** Advice for an error's text, and the edit that follows it, where one does. */
interface Hint {
  when: RegExp;
  todo: string;
  fix?: (match: RegExpExecArray) => Pick<Fix, "title"> & { place: Fix["edit"]["place"]; text: string };
}

const HINTS: Hint[] = [
  {
    when: /backward through the graph a second time/,
    todo: "Pass 'retain_graph: true' to the backward before this one, if both are meant.",
    fix: () => ({ title: "Pass 'retain_graph: true'", place: "option", text: "retain_graph: true" }),
  },
  {
    when: /grad can be implicitly created only for scalar outputs/,
    todo: "Call backward on one number, '.sum()' or '.mean()' of it, or pass a 'gradient' of its shape.",
  },
  {
    when: /a leaf Variable that requires grad is being used in an in-place operation/,
    todo: "Change parameters in place under 'torch.no_grad(() => …)' only.",
  },
  {
    when: /expected (?:scalar type|.*dtype).* but (?:found|got)|must have the same dtype|expected .* to have (?:scalar type|dtype|one of the following scalar types)/i,
    todo: "Bring both to one dtype with '.to(dtype)', '.float()' or '.long()'.",
  },
  {
    when: /Expected target size|0D or 1D target tensor expected/,
    todo: "Class targets are one index a sample: 'squeeze' the target, or take its argmax.",
  },
  {
    when: /The size of tensor a .* must match the size of tensor b|target size .* different to the input size/,
    todo: "Shapes broadcast from the right: add the missing dimension with 'unsqueeze', or keep it with 'keepdim: true'.",
  },
  {
    when: /mat1 and mat2 shapes cannot be multiplied|size mismatch/,
    todo: "The last size of the first must be the first of the second: look for a missing transpose, or a layer's in_features.",
  },
];

/** Of the engine error that ended a program, what to do; also for the editor's errors. */
export function hintOf(trace: Pick<Trace, "error" | "captures">): { todo: string; fixes: Fix[] } | undefined {
  const { error } = trace;
  if (!error) return undefined;
  for (const { when, todo, fix } of HINTS) {
    const match = when.exec(error.message);
    if (!match) continue;
    const made = fix?.(match);
    const fixes =
      made && error.range
        ? [{ title: made.title, edit: { place: made.place, range: error.range, text: made.text } }]
        : [];
    return { todo, fixes: [...fixes, ...errorFixes(trace)] };
  }
  return undefined;
}

/** Findings that tell why the program ended; empty if it did not end by an error. */
export function failure(trace: Trace): Finding[] {
  const { error, facts } = trace;
  if (!error || trace.status !== "error") return [];
  const told = `${error.name}: ${error.message.split("\n")[0]}`;
  // A graph that goes back beyond a step is why backward came upon old values at all.
  const old = /backward through the graph a (second)|modified by an inplace operation/.exec(error.message);
  const kept = facts && old && (old[1] || facts.overwritten?.inStep) ? graphKept(facts.kept, told) : [];
  if (kept.length > 0) return kept;
  if (old && facts?.overwritten) return [overwritten(facts.overwritten)];
  const refused = facts?.nulls.filter(({ asked }) => asked === "backward").at(-1);
  if (refused && /does not require grad|not have been used in the graph/.test(error.message))
    return withError([refused], told);
  if (/loating point.* can require gradients/.test(error.message)) {
    return [
      {
        code: "grad-integer",
        severity: "warning",
        message: `${told}. Whole numbers have no gradient: give it 'dtype: torch.float32'.`,
        ...(error.range ? { range: error.range } : {}),
        related: [],
        fixes: [],
      },
    ];
  }
  const reads = facts?.nulls.filter(({ asked }) => asked === "read") ?? [];
  const here = reads.find(({ at }) => isAt(at, error));
  const read = here ?? reads.at(-1);
  if (read && error.name === "TypeError" && /null/.test(error.message)) {
    const why = withError([read], told, read === here);
    if (why.length > 0) return why;
  }
  const hint = hintOf(trace);
  return [
    {
      code: error.name,
      severity: "error",
      message: hint ? `${error.message.split("\n")[0]} ${hint.todo}` : error.message.split("\n")[0]!,
      ...(error.range ? { range: error.range } : {}),
      related: [],
      fixes: hint?.fixes ?? [],
    },
  ];
}

function withError(facts: NullGradient[], told: string, fatal = true): Finding[] {
  return nullGradients(facts, fatal).map((finding) => ({
    ...finding,
    message: `${finding.message} The program ended with: ${told}`,
  }));
}

const isAt = (at: NullGradient["at"], { range }: TraceError): boolean =>
  at !== undefined &&
  range !== undefined &&
  at.file === range.file &&
  at.start.line <= range.end.line &&
  range.start.line <= at.end.line;

function overwritten({ by, range, tensor, inStep, at }: Overwritten): Finding {
  const who = named(tensor, "a tensor");
  const what = inStep ? "the optimiser's step" : `'${by}'`;
  const todo = inStep
    ? "Step after all backward passes that need the old values, or compute the loss again."
    : `Use the form without the underscore, or change a copy ('clone()').`;
  return {
    code: "inplace-on-saved",
    severity: "warning",
    message: `${what} changes ${who} in place, whose values backward${line(at)} still needs. ${todo}`,
    ...(range ? { range } : at ? { range: at } : {}),
    related: [
      ...related(tensor.range, "the tensor was made here"),
      ...related(at, "backward needs its old values here"),
    ],
    fixes: [],
  };
}
