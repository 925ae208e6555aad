/** What goes wrong from step to step: gradients that add up, graphs that stay. */
import type { Accumulated, Kept } from "../trace/facts";
import type { Finding, Fix } from "./finding";
import { line, listed, quoted, related } from "./words";

export function accumulated(facts: readonly Accumulated[]): Finding[] {
  return facts.map(({ backward, step, optimizer, parameters, times }) => {
    const name = optimizer?.name;
    const clear = name ? `${name}.zero_grad()` : "the gradients' 'zero_()', or '.grad = null',";
    const fixes: Fix[] =
      backward && name
        ? [
            {
              title: `Insert '${name}.zero_grad()' before backward`,
              edit: { place: "before", range: backward, text: `${name}.zero_grad();` },
            },
          ]
        : [];
    return {
      code: "accumulated-grad",
      severity: "warning",
      message: `Gradients add up from step to step: backward adds to what the last step${line(step)} had already used, of ${listed(parameters)}${times > 1 ? `, ${times} times` : ""}. Call ${name ? `'${clear}'` : clear} before each backward.`,
      ...(backward ? { range: backward } : step ? { range: step } : {}),
      related: related(step, "the sum is used in this step"),
      fixes,
    };
  });
}

export function graphKept(facts: readonly Kept[], error: string | undefined): Finding[] {
  const places = new Set<string>();
  return facts.flatMap(({ range, variable, form, passes }): Finding[] => {
    // One link keeps whatever is computed from it: told once.
    const key = range ? `${range.file}:${range.start.line}` : "";
    if (places.has(key)) return [];
    places.add(key);
    const what = quoted(variable, "this tensor");
    const message =
      form === "list"
        ? `${what} keeps the graphs of ${passes} earlier backward passes: its elements are results with their graphs. Store '.detach()' or '.item()' of them.`
        : `${what} leads back into the graph of ${passes === 1 ? "an earlier backward pass" : `${passes} earlier backward passes`}, which grows with each step. Carry on with '${variable ?? "x"}.detach()', or add up '.item()'.`;
    return [
      {
        code: "graph-kept",
        severity: "warning",
        message: error ? `${message} The program ended with: ${error}` : message,
        ...(range ? { range } : {}),
        related: [],
        fixes: [],
      },
    ];
  });
}
