/** The values under the mouse, beside it. */
import { formatNumber } from "../src/graph";
import { element } from "./dom";

const AWAY = 14;
let tip: HTMLElement | undefined;

/** `value`: Vega's record of names and values, or nothing to hide it; then the event may be missing too. */
export function showTip(event: MouseEvent | null, value: unknown): void {
  tip ??= document.body.appendChild(element("dl", { id: "tip", "aria-hidden": "true" }));
  const rows = event && value !== null && typeof value === "object" ? Object.entries(value) : [];
  tip.hidden = rows.length === 0;
  if (!event || rows.length === 0) return;
  const { clientX, clientY } = event;
  tip.replaceChildren(
    ...rows.map(([name, text]) => element("div", {}, [element("dt", {}, [name]), element("dd", {}, [spelled(text)])])),
  );
  const { width, height } = tip.getBoundingClientRect();
  const right = clientX + AWAY + width < innerWidth;
  const below = clientY + AWAY + height < innerHeight;
  tip.style.left = `${Math.max(2, right ? clientX + AWAY : clientX - AWAY - width)}px`;
  tip.style.top = `${Math.max(2, below ? clientY + AWAY : clientY - AWAY - height)}px`;
}

/** Vega has made numbers into its texts already. */
function spelled(value: unknown): string {
  const text = String(value);
  const number = Number(text.replaceAll(",", "").replace("−", "-"));
  return text.trim() !== "" && Number.isFinite(number) ? formatNumber(number) : text;
}
