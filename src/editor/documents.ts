/** Which documents Gradlens runs. */
import * as vscode from "vscode";

export const LANGUAGES = ["typescript", "javascript", "typescriptreact", "javascriptreact"];
export const SELECTOR: vscode.DocumentSelector = LANGUAGES.map((language) => ({ language }));

export function isProgram(document: vscode.TextDocument): boolean {
  return LANGUAGES.includes(document.languageId);
}

/** The file's name alone, or an untitled document's label. */
export function nameOf(uri: vscode.Uri): string {
  return uri.path.split("/").at(-1) || uri.toString();
}

/** The colours that pictures in hovers are drawn for. */
export function appearance(): "light" | "dark" | "hcLight" | "hcDark" {
  switch (vscode.window.activeColorTheme.kind) {
    case vscode.ColorThemeKind.Light:
      return "light";
    case vscode.ColorThemeKind.HighContrast:
      return "hcDark";
    case vscode.ColorThemeKind.HighContrastLight:
      return "hcLight";
    default:
      return "dark";
  }
}

const IMPORT =
  /^\s*(?:import|export)\b[^;]*?["']gradlens(?:\/[\w/]+)?["']|\brequire\(\s*["']gradlens|\bimport\(\s*["']gradlens/m;

/** Whether a program names the engine itself. */
export function importsGradlens(document: vscode.TextDocument): boolean {
  return IMPORT.test(document.getText());
}
