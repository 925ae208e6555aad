/** How a run's graph is first seen: by the panel, and by whoever exports it without one. */
import type { Trace } from "../trace/model";
import { type Grouped, type Grouping, groupingsOf, groupsOf, openAtFirst } from "./groups";

/** A graph of at most so many cards, under 150 elements with its edges, is shown as a whole. */
const WHOLE = 68;
/** Of a larger one groups are opened until there are so many. */
const CARDS_AT_FIRST = 40;
/** Above this many nodes a group for every line or loop of them would take longer than it helps. */
const ASKED_MAX = 20_000;

/** Modules where there are any; a small graph without them needs no groups. */
export function usualGroups(trace: Parameters<typeof groupsOf>[0]): Grouped {
  const { length } = trace.nodes;
  const tried: Grouping[] = length <= WHOLE || length > ASKED_MAX ? ["module"] : ["module", "loop", "function", "line"];
  for (const mode of tried) {
    const grouped = groupsOf(trace, mode);
    if (grouped.groups.length > 0) return grouped;
  }
  return groupsOf(trace, "none");
}

/** The ways in which this run's nodes can be grouped, the best first. */
export function groupingsFor(trace: Parameters<typeof groupingsOf>[0]): Grouping[] {
  return trace.nodes.length > ASKED_MAX ? ["none"] : groupingsOf(trace);
}

/** Keys of the groups that are open. */
export function openFirst({ nodes }: Pick<Trace, "nodes">, grouped: Grouped): Set<string> {
  return openAtFirst(grouped, nodes.length > WHOLE ? CARDS_AT_FIRST : WHOLE);
}

export function firstView(trace: Parameters<typeof groupsOf>[0]): { grouped: Grouped; open: Set<string> } {
  const grouped = usualGroups(trace);
  return { grouped, open: openFirst(trace, grouped) };
}
