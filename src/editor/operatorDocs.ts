/** What the engine's declarations say of an operator, read when the first hover asks. */
import { readFileSync } from "node:fs";

export interface OperatorDoc {
  /** One sentence for each overload. */
  docs: string[];
  /** Formulas, or the engine's own lines where those are short. */
  derivatives: string[];
}

export class OperatorDocs {
  private all: Record<string, OperatorDoc> | undefined;

  /** `file`: `dist/operators.json`. */
  constructor(private readonly file: string) {}

  /** Of `mul`, `mul_` or `mul.Tensor`. */
  of(name: string): OperatorDoc | undefined {
    this.all ??= JSON.parse(readFileSync(this.file, "utf8")) as Record<string, OperatorDoc>;
    const key = Object.hasOwn(this.all, name) ? name : name.replace(/_$/, "");
    return Object.hasOwn(this.all, key) ? this.all[key] : undefined;
  }
}
