import { element, svg } from "../dom";

const PATHS = {
  close: "M4 4l8 8M12 4l-8 8",
  up: "M3.5 10L8 5.5l4.5 4.5",
  down: "M3.5 6L8 10.5 12.5 6",
  find: "M7 11.5a4.5 4.5 0 1 1 0-9 4.5 4.5 0 0 1 0 9zM10.4 10.4L14 14",
  compare: "M5.5 2.5v11M3 5l2.5-2.5L8 5M10.5 13.5v-11M8 11l2.5 2.5L13 11",
  pin: "M6 2.5h4l-.5 4 2 2.5h-7l2-2.5zM8 9v4.5",
  comesFrom: "M8 13.5V5M4.5 8.5L8 5l3.5 3.5M4 2.5h8",
  goesTo: "M8 2.5V11M4.5 7.5L8 11l3.5-3.5M4 13.5h8",
  target: "M8 1.5v3M8 11.5v3M1.5 8h3M11.5 8h3M8 11a3 3 0 1 1 0-6 3 3 0 0 1 0 6z",
} as const;

export type Icon = keyof typeof PATHS;

/** A button of one sign; `label` says what it does, and is its tooltip. */
export function iconButton(
  icon: Icon,
  label: string,
  act: () => void,
  more: Record<string, string> = {},
): HTMLButtonElement {
  const button = element(
    "button",
    { type: "button", class: "icon", title: label, "aria-label": label.replace(/ \(.*\)$/, ""), ...more },
    [],
  );
  button.append(svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, [svg("path", { d: PATHS[icon] })]));
  button.addEventListener("click", act);
  return button;
}
