/** Where did the NaN start? */
import type { NonFinite } from "../trace/facts";
import type { Finding, Fix } from "./finding";
import { line, number, related } from "./words";

interface Remedy {
  /** Matches the op's or the node's name. */
  when: RegExp;
  todo: string;
  /** Goes behind what the op works on. */
  operand?: string;
}

const REMEDIES: Remedy[] = [
  { when: /^log_?softmax|^LogSoftmax/i, todo: "Look at the logits: some are infinite, or all of a row are -Infinity." },
  {
    when: /^softmax|^Softmax/,
    todo: "A row of -Infinity alone has no softmax: leave one entry unmasked, or replace its result by 'where'.",
  },
  {
    when: /^log(?:10|2|1p)?(?:_|Backward|$)|^log$/i,
    todo: "Keep its argument away from 0: 'clamp({ min: 1e-8 })', or log_softmax in place of log of softmax.",
    operand: ".clamp({ min: 1e-8 })",
  },
  {
    when: /^r?sqrt|^R?Sqrt/,
    todo: "Keep its argument positive: its derivative at 0 is infinite. Add an epsilon, or clamp.",
    operand: ".clamp({ min: 1e-8 })",
  },
  {
    when: /^(?:linalg_)?(?:vector_)?norm|Norm.*Backward|^(?:std|var)|^(?:Std|Var)/,
    todo: "Its derivative does not exist where all is 0 (or the spread is); add an epsilon before the root.",
  },
  {
    when: /^(?:div|reciprocal|true_divide|remainder)|^(?:Div|Reciprocal)/,
    todo: "Add an epsilon to the denominator, or choose with 'where' before dividing, not after.",
  },
  {
    when: /^exp(?:m1|2)?(?:_|$)|^Exp/,
    todo: "It overflows beyond 88 in float32: subtract the maximum first, or use logsumexp, softmax or softplus.",
  },
  {
    when: /^pow|^Pow/,
    todo: "A negative base, or 0 with an exponent below 1, has no finite power or slope: clamp the base.",
    operand: ".clamp({ min: 1e-8 })",
  },
  {
    when: /^(?:acos|asin|atanh|acosh|erfinv|logit)|^(?:Acos|Asin|Atanh|Acosh|Erfinv|Logit)/i,
    todo: "Keep its argument inside its domain, away from the ends: clamp it.",
  },
  {
    when: /^(?:mean|var|std)/,
    todo: "The mean of nothing, or the spread of one element, is not a number: look at the shape.",
  },
  {
    when: /^(?:mul|add|sub|sum|matmul|mm|addmm|bmm|square|conv|dot|mv|addcmul|cumsum|prod|mse)/i,
    todo: "The numbers outgrew their dtype: lower the learning rate, scale the weights, or clip the gradients.",
  },
];

export function nonFinite(fact: NonFinite | undefined): Finding[] {
  if (!fact) return [];
  const { range, at, reached } = fact;
  const remedy = REMEDIES.find(({ when }) => when.test(fact.by));
  const fixes: Fix[] =
    remedy?.operand && range && fact.phase !== "data"
      ? [{ title: `Insert '${remedy.operand}'`, edit: { place: "operand", range, text: remedy.operand } }]
      : [];
  return [
    {
      code: "nan-origin",
      severity: "warning",
      message: `${sentence(fact)} It reaches ${reached === "loss" ? "the loss" : "a leaf's gradient"}${line(at)}. ${todoOf(fact, remedy)}`,
      ...(range ? { range } : {}),
      related: related(at, `${fact.kind === "nan" ? "NaN" : "infinity"} arrives here`),
      fixes,
    },
  ];
}

function sentence(fact: NonFinite): string {
  const what = fact.kind === "nan" ? "NaN" : "Infinity";
  const where = fact.index.length > 0 ? ` at index [${fact.index.join(", ")}]` : "";
  if (fact.phase === "data")
    return `${fact.name ? `'${fact.name}'` : "A tensor made here"} holds ${what}${where}, and nothing takes it out.`;
  if (fact.inStep) return `${what} begins in the optimiser's step: a parameter becomes ${what}${where}.`;
  const inputs = fact.inputs.slice(0, 3).map(inputText).join(", ");
  const from = inputs ? ` from ${inputs}` : "";
  if (fact.phase === "forward") return `${what} begins here: '${fact.by}' makes it${where}${from}.`;
  return `${what} begins in backward: the derivative of '${fact.by.replace(/Backward\d*$/, "")}' makes it${where}${from}.`;
}

function inputText({ name, value, min, max }: NonFinite["inputs"][number]): string {
  if (value !== undefined) return `${name} = ${number(value)}`;
  return `${name} in [${number(min ?? "nan")}, ${number(max ?? "nan")}]`;
}

function todoOf({ phase, inStep }: NonFinite, remedy: Remedy | undefined): string {
  if (phase === "data") return "Replace it with 'nan_to_num' or 'where' before it is used.";
  if (inStep) return "Lower the learning rate, or clip the gradients.";
  return remedy?.todo ?? "Look at its inputs at that index.";
}
