/** The layout in a worker. A new request cancels the one under way by ending its worker; a warm one waits. */
import type { LayoutRequest, LayoutResponse, NestedResult } from "../src/graph";

export class LayoutClient {
  private worker: Promise<Worker>;
  private busy: ((reason: Error) => void) | null = null;
  private lastId = 0;

  /** `source` resolves to the URL of the worker's script, which a webview may only start from a blob of its own. */
  constructor(private readonly source: Promise<string>) {
    this.worker = this.start();
  }

  /** Rejects with a {@link Cancelled} when a later request takes over. */
  async run(request: Omit<LayoutRequest, "id">): Promise<NestedResult> {
    if (this.busy) {
      this.busy(new Cancelled());
      const old = this.worker;
      void old.then((worker) => worker.terminate());
      this.worker = this.start();
    }
    const id = ++this.lastId;
    const worker = await this.worker;
    if (id !== this.lastId) throw new Cancelled();
    return await new Promise<NestedResult>((resolve, reject) => {
      this.busy = reject;
      const finish = (settle: () => void) => {
        this.busy = null;
        worker.onmessage = null;
        worker.onerror = null;
        settle();
      };
      worker.onmessage = ({ data }: MessageEvent<LayoutResponse>) => {
        if (data.id !== id) return;
        finish(() => ("result" in data ? resolve(data.result) : reject(new Error(data.error))));
      };
      worker.onerror = (event) => finish(() => reject(new Error(event.message)));
      worker.postMessage({ id, ...request } satisfies LayoutRequest);
    });
  }

  private async start(): Promise<Worker> {
    return new Worker(await this.source);
  }
}

export class Cancelled extends Error {}
