import { expect, it } from "vitest";
import { Pace } from "../../src/runner/pace";

it("tells soon, then regularly, and for no more than a twentieth of the time", () => {
  let now = 0;
  const pace = new Pace(() => now);
  const told: number[] = [];
  const COST = 30;
  const tell = () => {
    told.push(now);
    // A tick within is none.
    pace.tick(() => told.push(-1));
    now += COST;
  };
  for (; now < 3000; now += 5) pace.tick(tell);
  // First after 35 ms; telling takes 30 ms, so that 600 ms pass until the next.
  expect(told).toEqual([35, 665, 1295, 1925, 2555]);
});
