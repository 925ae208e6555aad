/** How the elements are distributed: bars from the smallest to the largest. */
import { formatNumber } from "../../src/graph";
import type { Statistics } from "../../src/trace/model";
import { element, svg } from "../dom";

const WIDTH = 240;
const HEIGHT = 36;

export function histogram({ histogram: counts, min, max, numel }: Statistics): HTMLElement | null {
  if (!counts || counts.length === 0) return null;
  const most = Math.max(...counts);
  const width = WIDTH / counts.length;
  const bars = counts.flatMap((count, i) => {
    const height = count === 0 ? 0 : Math.max(1, (count / most) * HEIGHT);
    return height === 0 ? [] : [svg("rect", { x: i * width + 0.5, y: HEIGHT - height, width: width - 1, height })];
  });
  const label = `Histogram of ${numel} elements from ${formatNumber(min)} to ${formatNumber(max)}`;
  return element("figure", { class: "histogram" }, [
    svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
      bars,
    ),
    element("figcaption", {}, [element("span", {}, [formatNumber(min)]), element("span", {}, [formatNumber(max)])]),
  ]);
}
