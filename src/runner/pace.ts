/** How often a running program tells how far it is: soon, then regularly, and never for more than a small share of its time. */

const FIRST_MS = 35;
const LATER_MS = 200;
const SHARE = 0.05;

export class Pace {
  private next: number;

  constructor(private readonly now: () => number) {
    this.next = now() + FIRST_MS;
  }

  /** Calls `tell` if it is time. */
  tick(tell: () => void): void {
    const start = this.now();
    if (start < this.next) return;
    // A tick that comes while this one tells is none.
    this.next = Number.POSITIVE_INFINITY;
    try {
      tell();
    } finally {
      const end = this.now();
      this.next = end + Math.max(LATER_MS, (end - start) / SHARE);
    }
  }
}
