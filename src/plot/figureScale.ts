/** Colours by value, and the bar that explains them. */
import type { Colorbar } from "./figureAxes";
import type { ColorScheme } from "./figureColormap";
import type { Json } from "./figureSpec";

interface Mapped {
  scheme?: ColorScheme;
  low?: number | undefined;
  high?: number | undefined;
  colorbar?: Colorbar;
}

/** The bar is there when `colorbar()` asked for it. */
export function valueColor({ scheme, low, high, colorbar }: Mapped): Json {
  return {
    field: "value",
    type: "quantitative",
    title: colorbar?.label ?? null,
    scale: {
      ...(scheme ? schemeScale(scheme) : {}),
      ...(low === undefined ? {} : { domainMin: low }),
      ...(high === undefined ? {} : { domainMax: high }),
    },
    legend: colorbar ? { type: "gradient" } : null,
  };
}

export function schemeScale({ scheme, reverse }: ColorScheme): Json {
  return { scheme, ...(reverse ? { reverse } : {}) };
}
