/** What is on screen as a file's content. */
import { type Drawing, exportDrawing, type PictureTheme } from "../src/export";
import type { Content, PanelFormat } from "./protocol";

/** Pixels of a PNG for each of the layout; larger graphs get fewer, down to this many pixels in all. */
const PNG_SCALE = 2;
const PNG_PIXELS_MAX = 64_000_000;
/** Browsers draw no canvas that is longer. */
const PNG_SIDE_MAX = 16_000;

/** `state` is what a page with the panel starts from. */
export async function exportScreen(
  drawing: Drawing,
  format: PanelFormat,
  theme: PictureTheme,
  state: unknown,
): Promise<Content> {
  if (format === "html") return { content: JSON.stringify(state), encoding: "utf8" };
  if (format === "png") return await toPng(exportDrawing(drawing, "svg", theme));
  return { content: exportDrawing(drawing, format, theme), encoding: "utf8" };
}

/** Draws an SVG with a size of its own. Rejects when the browser cannot. */
export async function toPng(svg: string): Promise<Content> {
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await picture.decode();
  const { naturalWidth: width, naturalHeight: height } = picture;
  const scale = Math.min(
    PNG_SCALE,
    Math.sqrt(PNG_PIXELS_MAX / (width * height)),
    PNG_SIDE_MAX / width,
    PNG_SIDE_MAX / height,
  );
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  canvas.getContext("2d")!.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return { content: canvas.toDataURL("image/png").split(",")[1]!, encoding: "base64" };
}
