/** The heads of open groups: real buttons and sliders that move with the picture below them. */
import type { GraphView, Placement, ViewFrame } from "../src/graph";
import type { Viewport } from "./cards";
import { element } from "./dom";

export interface FrameEvents {
  close(frame: number): void;
  step(frame: number, at: number): void;
}

export interface FrameHeads {
  show(view: GraphView): void;
  place(placed: Placement, port: Viewport): void;
}

/** Below this zoom heads cannot be read, and are left out. */
const READABLE = 0.4;

/** Heads on a layer of their own, above `canvas`. */
export function frameHeads(canvas: HTMLCanvasElement, events: FrameEvents): FrameHeads {
  const layer = element("div", { id: "frame-heads" });
  canvas.after(layer);
  let heads: HTMLElement[] = [];
  return {
    show({ frames }) {
      const focused = (document.activeElement as HTMLElement | null)?.dataset.frameKey;
      heads = frames.map((frame, f) => head(frame, f, events));
      layer.replaceChildren(...heads);
      if (focused) layer.querySelector<HTMLElement>(`[data-frame-key="${CSS.escape(focused)}"]`)?.focus();
    },
    place({ groups }, { zoom, pan, width, height }) {
      const readable = zoom >= READABLE;
      heads.forEach((each, f) => {
        const box = groups[f];
        const [x, y] = box ? [box.x * zoom + pan.x, box.y * zoom + pan.y] : [0, 0];
        const seen = readable && box && x < width && y < height && x + box.width * zoom > 0 && y + 34 * zoom > 0;
        each.hidden = !seen;
        if (!seen) return;
        each.style.width = `${box.width}px`;
        each.style.transform = `translate(${x}px, ${y}px) scale(${zoom})`;
      });
    },
  };
}

function head({ key, title, subtitle, steps, description }: ViewFrame, f: number, events: FrameEvents): HTMLElement {
  const button = element(
    "button",
    { class: "frame-close", "data-frame-key": `close ${key}`, "aria-expanded": "true", title: `Close ${title}` },
    [
      element("span", { class: "chevron", "aria-hidden": "true" }, ["▾"]),
      element("strong", {}, [title]),
      subtitle === "" ? null : element("span", { class: "what" }, [subtitle]),
    ],
  );
  button.setAttribute("aria-description", description);
  button.addEventListener("click", () => events.close(f));
  const made = element("div", { class: "frame-head" }, [button]);
  if (!steps) return made;
  const slider = element("input", {
    type: "range",
    min: "1",
    max: String(steps.count),
    value: String(steps.at + 1),
    "data-frame-key": `step ${key}`,
    "aria-label": `Step of ${title}`,
  });
  const count = element("output", {}, [`${steps.at + 1} / ${steps.count}`]);
  slider.addEventListener("input", () => {
    count.textContent = `${slider.value} / ${steps.count}`;
    events.step(f, Number(slider.value) - 1);
  });
  made.append(element("label", { class: "frame-steps" }, [`×${steps.count}`, slider, count]));
  return made;
}
