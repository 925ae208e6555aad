/** Variables that a person keeps in sight, by name. */
import * as vscode from "vscode";
import type { Session } from "./session";
import { findValue, type ValueRef } from "./values";

const KEY = "gradlens.pins";

export class Pins implements vscode.Disposable {
  private readonly change = new vscode.EventEmitter<void>();
  readonly onDidChange = this.change.event;
  private readonly pinned: Set<string>;
  private readonly commands: vscode.Disposable[];

  constructor(
    session: Session,
    private readonly memory: vscode.Memento,
  ) {
    this.pinned = new Set(memory.get<string[]>(KEY, []));
    const set = (isPinned: boolean) => async (ref: ValueRef) => {
      const name = findValue(session, ref)?.capture.name;
      if (name === undefined) return;
      if (isPinned) this.pinned.add(name);
      else this.pinned.delete(name);
      this.change.fire();
      await this.memory.update(KEY, [...this.pinned]);
      if (isPinned) await vscode.commands.executeCommand("gradlens.showTensors", { preserveFocus: true });
    };
    this.commands = [
      vscode.commands.registerCommand("gradlens.pin", set(true)),
      vscode.commands.registerCommand("gradlens.unpin", set(false)),
    ];
  }

  has(name: string): boolean {
    return this.pinned.has(name);
  }

  dispose(): void {
    for (const disposable of [...this.commands, this.change]) disposable.dispose();
  }
}
