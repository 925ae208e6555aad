/** What `gradlens check` says of a run. */
import { relative, resolve } from "node:path";
import { analyse, type Finding } from "./analysis";
import type { SourceRange, Trace } from "./trace/model";

/** A finding as JSON: lines and columns count from 1, as in the text form. */
interface Told {
  path: string;
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  severity: Finding["severity"];
  code: string;
  message: string;
  related: { path: string; line: number; column: number; message: string }[];
  fixes: Finding["fixes"];
}

/** `path:line:col: warning CODE: message`, a line each; empty if all is well. */
export function checkText(trace: Trace): string {
  return told(trace)
    .map(
      ({ path, line, column, severity, code, message }) =>
        `${path}:${line}:${column}: ${severity} ${code}: ${message}\n`,
    )
    .join("");
}

export function checkJson(trace: Trace): Told[] {
  return told(trace);
}

function told(trace: Trace): Told[] {
  const start: SourceRange = { file: 0, start: { line: 0, column: 0 }, end: { line: 0, column: 0 } };
  const place = (range: SourceRange) => ({
    path: pathOf(trace.files[range.file]?.path ?? ""),
    line: range.start.line + 1,
    column: range.start.column + 1,
  });
  return analyse(trace).map(({ range = start, severity, code, message, related, fixes }) => ({
    ...place(range),
    endLine: range.end.line + 1,
    endColumn: range.end.column + 1,
    severity,
    code,
    message: message.replace(/\s+/g, " "),
    related: related.map((each) => ({ ...place(each.range), message: each.message })),
    fixes,
  }));
}

const pathOf = (path: string): string => relative(process.cwd(), resolve(path)) || path;
