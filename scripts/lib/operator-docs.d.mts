export interface OperatorDoc {
  docs: string[];
  derivatives: string[];
}
export function operatorDocs(engine: string): Record<string, OperatorDoc>;
