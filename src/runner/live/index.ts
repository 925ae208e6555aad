/** The answers of a run that is done: see {@link Question}. */
import type { Node } from "../../torch/autograd/node";
import type { Tensor } from "../../torch/tensor";
import type { Recorder } from "../../trace/recorder";
import { type Answer, AnswerError, type Question, type Result, type TensorRef } from "../questions";
import { jacobian, vectorOf } from "./jacobian";
import { NodeAnswers } from "./node";
import { type End, Path } from "./path";
import { elementsOf, factsOf, pictureOf, valuesOf } from "./tensors";

/** Tells how far an answer is, lets others run, and throws if nobody waits for it any more. */
export type GoOn = (done: number, total: number) => Promise<void>;

/** Cells of a Jacobian's picture, down and across. */
const PICTURE = 160;

export class Live {
  private lastJacobian: Tensor | null = null;
  private lastProduct: Tensor | null = null;

  /** `kept`: the run was asked to keep what answers need. */
  constructor(
    private readonly recorder: Recorder,
    private readonly kept: boolean,
  ) {}

  /** Throws AnswerError; what the program's own backward throws comes as one too. */
  async answer(question: Question, goOn: GoOn): Promise<Answer> {
    try {
      return await this.find(question, goOn);
    } catch (error) {
      if (error instanceof AnswerError) throw error;
      throw new AnswerError("failed", error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    }
  }

  private async find(question: Question, goOn: GoOn): Promise<Answer> {
    if (question.type === "elements") {
      const held = this.recorder.heldAt(question.capture);
      if (!held) throw new AnswerError("failed", "These values are not there any more");
      return elementsOf(held.tensor, held.gradient);
    }
    if (!this.kept) {
      throw new AnswerError("unkept", "No panel was in sight during this run, so it kept no values. Run it again.");
    }
    switch (question.type) {
      case "inspect":
        return this.node(question.node).facts(question.elementwise);
      case "values":
        return valuesOf(this.tensor(question.tensor), question.at, question.rows, question.columns);
      case "picture":
        return pictureOf(this.tensor(question.tensor), question.at, question.rows, question.columns);
      case "jacobian": {
        const { path, of, by } = this.path(question.of, question.by);
        const matrix = await jacobian(path, of, by, goOn);
        this.lastJacobian = matrix;
        const ends = { of: [...of.node.outputs[of.output]!.shape], by: [...by.node.outputs[by.output]!.shape] };
        return {
          facts: factsOf({ of: "jacobian" }, matrix),
          ...ends,
          picture: pictureOf(matrix, [], PICTURE, PICTURE),
        };
      }
      case "product": {
        const { path, of, by } = this.path(question.of, question.by);
        const back = question.side === "vJ";
        const [result, end] = back ? [question.of, of] : [question.by, by];
        const v = vectorOf(question.v, end, this.node(result.node).tensor("arrived", result.output));
        this.lastProduct = back ? path.vjp(v) : path.jvp(v);
        return { facts: factsOf({ of: "product" }, this.lastProduct) };
      }
    }
  }

  private node(index: number): NodeAnswers {
    const entry = this.recorder.entry(index);
    if (!entry) throw new AnswerError("failed", `The run has no node ${index}`);
    return new NodeAnswers(this.recorder, index, entry);
  }

  private tensor(ref: TensorRef): Tensor {
    const tensor =
      ref.of === "jacobian"
        ? this.lastJacobian
        : ref.of === "product"
          ? this.lastProduct
          : this.node(ref.node).tensor(ref.of, ref.index);
    if (!tensor) throw new AnswerError("failed", "These values are not there any more");
    return tensor;
  }

  private path(ofResult: Result, byResult: Result): { path: Path; of: End; by: End } {
    const of = this.end(ofResult);
    const last = this.end(byResult);
    // The same place of the program in the graph of `of`, where another pass has been through it since.
    const node = reachable(of.node, (each) => this.recorder.indexOf(each) === byResult.node);
    const by = { ...last, node: node ?? last.node };
    const path = Path.between(of, by, (node) => this.recorder.heldBy(node));
    if (!path) throw new AnswerError("unrelated", "The first result does not depend on the second");
    return { path, of, by };
  }

  private end({ node, output }: Result): End {
    const end = { node: this.node(node).node, output };
    if (!end.node.outputs[output]) throw new AnswerError("failed", `Node ${node} has no result ${output}`);
    return end;
  }
}

function reachable(from: Node, wanted: (node: Node) => boolean): Node | null {
  const seen = new Set([from]);
  for (const node of seen) {
    if (wanted(node)) return node;
    for (const [next] of node.next_functions) if (next) seen.add(next);
  }
  return null;
}
