/** The panel's page. No VS Code in here, so that it can be looked at in a plain browser too. */

export interface PanelPage {
  /** What the webview's own files are served from. */
  cspSource: string;
  nonce: string;
  script: string;
  style: string;
  worker: string;
  /** `view`: in the side bar; `panel`: beside the editors. */
  place: "view" | "panel";
  /** Run Selection's keybinding. */
  shortcut: string;
  trusted: boolean;
}

export function panelHtml({ cspSource, nonce, script, style, worker, place, shortcut, trusted }: PanelPage): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' ${cspSource}`,
    `style-src 'nonce-${nonce}' ${cspSource}`,
    `img-src ${cspSource} data:`,
    `connect-src ${cspSource}`,
    "worker-src blob:",
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gradlens</title>
<style nonce="${nonce}" id="__________cytoscape_stylesheet">.__________cytoscape_container { position: relative; } main { visibility: hidden; }</style>
<link nonce="${nonce}" rel="stylesheet" href="${style}">
</head>
<body data-state="empty" data-place="${place}" data-worker="${worker}">
${panelMain({ shortcut, trusted })}
<script type="module" nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}

/** What the page shows, for every place that it is shown in. */
export function panelMain({ shortcut, trusted }: Pick<PanelPage, "shortcut" | "trusted">): string {
  return `<main id="app">
  <div id="alert" role="alert"><button id="error" hidden></button></div>
  <section id="graph-section" aria-label="grad_fn graph">
    <p id="status">
      <span class="spinner" aria-hidden="true"></span><span id="program"></span><span id="outcome" role="status"></span><button id="stop">Stop</button>
    </p>
    <div id="graph-tree" role="tree" aria-label="grad_fn graph, from the roots to the leaves"></div>
    <div id="graph" aria-hidden="true"></div>
    <canvas id="cards" aria-hidden="true"></canvas>
    <p id="no-graph" hidden></p>
    <div id="footer">
      <div id="legend" aria-hidden="true" hidden>
        <span id="legend-scale"><span id="legend-name">‖∇‖</span><span id="legend-low"></span><span id="legend-bar"></span><span id="legend-high"></span></span>
        <span id="legend-leaf"><span class="pill"></span>leaf</span>
        <span id="legend-repeats" title="How often the graph was built and run backward" hidden></span>
        <span id="omitted" hidden></span>
      </div>
      <div id="legend-card" role="note" aria-label="Legend" tabindex="-1" hidden></div>
      <div id="options-card" role="group" aria-label="How the graph is seen" hidden>
        <label>Group by <select id="group-by"></select></label>
        <label>Colour by <select id="color-by"></select></label>
        <label>Direction <select id="direction"><option value="down">Down</option><option value="right">To the right</option></select></label>
        <p><button id="open-all">Expand all</button><button id="close-all">Collapse all</button></p>
      </div>
      <div id="toolbar" role="toolbar" aria-label="Graph">
        <button id="export" class="host-only" title="Export Graph…" aria-label="Export the graph"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M8 10V2.5M5 5l3-3 3 3M3 9.5V13h10V9.5"/></svg></button>
        <button id="legend-more" title="Legend" aria-label="Legend" aria-expanded="false" aria-controls="legend-card" hidden><svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="5.5"/><path d="M6.4 6.6c0-2 3.2-2 3.2 0 0 1.2-1.6 1.3-1.6 2.6M8 10.9v.6"/></svg></button>
        <button id="graph-options" title="Grouping and Colours" aria-label="Grouping and colours" aria-expanded="false" aria-controls="options-card"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M2.5 5h5M11 5h2.5M2.5 11H5M8.5 11h5"/><circle cx="9.2" cy="5" r="1.7"/><circle cx="6.7" cy="11" r="1.7"/></svg></button>
        <button id="zoom-out" title="Zoom Out (-)" aria-label="Zoom out"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3.5 8h9"/></svg></button>
        <button id="zoom-in" title="Zoom In (+)" aria-label="Zoom in"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3.5 8h9M8 3.5v9"/></svg></button>
        <button id="zoom-fit" title="Fit (0)" aria-label="Fit the graph"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3"/></svg></button>
      </div>
    </div>
  </section>
  <section id="timeline" aria-label="Timeline" hidden></section>
  <div id="details">
    <section id="inspector" aria-label="Selected node" hidden></section>
    <section id="health" aria-label="Parameters" hidden></section>
    <section id="plots" aria-label="Figures" hidden></section>
  </div>
  <section id="empty" data-trusted="${trusted}">
    <svg viewBox="0 0 120 96" aria-hidden="true"><path class="wire" d="M60 26v14M60 62v10"/><rect x="34" y="6" width="52" height="20" rx="4"/><rect x="34" y="40" width="52" height="20" rx="4"/><rect x="34" y="74" width="52" height="20" rx="10"/><path class="bar low" d="M41 12v8"/><path class="bar mid" d="M41 46v8"/><path class="bar high" d="M43 80v8"/></svg>
    <h1>See backpropagation</h1>
    <p class="when-trusted">Select TypeScript that computes with tensors and run it. Its grad_fn graph, values and gradients appear here and in the editor.</p>
    <button id="empty-run" class="primary when-trusted">Run Selection</button>
    <p class="when-trusted hint">or press <kbd>${shortcut}</kbd> in the editor</p>
    <p class="when-untrusted">Gradlens runs the code that you select, so it waits until you trust this workspace.</p>
    <button id="empty-trust" class="primary when-untrusted">Manage Workspace Trust</button>
  </section>
</main>`;
}
