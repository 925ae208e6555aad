/** Broadcasting, views, indexing and in-place changes against references that look at one element at a time. */
import fc from "fast-check";
import * as torch from "gradlens";
import { describe, expect, test } from "vitest";

/** Elements of a base tensor in some order and shape: what a view is. */
interface Reference {
  shape: number[];
  /** For each element, row-major, its position in the base. */
  at: number[];
}

const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Every coordinate of a shape, row-major. */
function coordinates(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>((all, n) => all.flatMap((c) => Array.from({ length: n }, (_, i) => [...c, i])), [[]]);
}

function offset(shape: readonly number[], coordinate: readonly number[]): number {
  return coordinate.reduce((at, c, d) => at * shape[d] + c, 0);
}

/** A reference whose element at `coordinate` is the old one at `from(coordinate)`. */
function rearranged(r: Reference, shape: number[], from: (c: number[]) => number[]): Reference {
  return { shape, at: coordinates(shape).map((c) => r.at[offset(r.shape, from(c))]) };
}

const identity = (shape: number[]): Reference => ({ shape, at: coordinates(shape).map((_, i) => i) });

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });

const base = (shape: readonly number[]) => torch.arange(size(shape), { dtype: torch.float64 }).reshape([...shape]);

describe("broadcasting", () => {
  /** Two shapes that broadcast: parts of one, with ones strewn in. */
  const pairs = fc
    .tuple(shapes, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), fc.nat(3), fc.nat(3))
    .map(([full, ones, dropA, dropB]) => {
      const part = (drop: number, from: number) =>
        full.slice(Math.min(drop, full.length)).map((n, d) => (ones[from + (d % 4)] ? 1 : n));
      return [part(dropA, 0), part(dropB, 4)] as const;
    });

  test("each element of the result comes from the elements it should, and their gradients go back there", () => {
    fc.assert(
      fc.property(pairs, ([sa, sb]) => {
        const a = base(sa).add(1).requires_grad_();
        const b = base(sb).add(10).requires_grad_();
        const out = a.mul(b);
        const rank = Math.max(sa.length, sb.length);
        const shape = Array.from({ length: rank }, (_, d) =>
          Math.max(sa[d - rank + sa.length] ?? 1, sb[d - rank + sb.length] ?? 1),
        );
        const from = (s: readonly number[], c: number[]) =>
          offset(
            s,
            c.slice(rank - s.length).map((i, d) => (s[d] === 1 ? 0 : i)),
          );
        const ga = new Array(size(sa)).fill(0);
        const gb = new Array(size(sb)).fill(0);
        const expected = coordinates(shape).map((c) => {
          const [i, j] = [from(sa, c), from(sb, c)];
          ga[i] += j + 10;
          gb[j] += i + 1;
          return (i + 1) * (j + 10);
        });
        out.sum().backward();
        expect(out.shape).toEqual(shape);
        expect([...out.detach().flatData()]).toEqual(expected);
        expect([...a.grad.flatData()]).toEqual(ga);
        expect([...b.grad.flatData()]).toEqual(gb);
      }),
    );
  });

  test("shapes that do not broadcast are refused with the dimension", () => {
    expect(() => torch.ones(2, 3).add(torch.ones(2, 4))).toThrow(
      "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1",
    );
  });
});

/** A view op on a tensor and on its reference; `pick` chooses among what is possible. */
type Step = (pick: (n: number) => number) => (t: torch.Tensor, r: Reference) => [torch.Tensor, Reference];

const steps: Step[] = [
  (pick) => (t, r) => {
    const [i, j] = [pick(r.shape.length), pick(r.shape.length)];
    const swap = <T>(list: T[]) => {
      const out = [...list];
      [out[i], out[j]] = [list[j], list[i]];
      return out;
    };
    return [t.transpose(i, j), rearranged(r, swap(r.shape), swap)];
  },
  (pick) => (t, r) => {
    const d = pick(r.shape.length);
    if (r.shape.length === 1 || r.shape[d] === 0) return [t, r];
    const i = pick(r.shape[d]);
    return [
      t.select(d, i - (pick(2) ? r.shape[d] : 0)),
      rearranged(r, r.shape.toSpliced(d, 1), (c) => c.toSpliced(d, 0, i)),
    ];
  },
  (pick) => (t, r) => {
    const d = pick(r.shape.length);
    const n = r.shape[d];
    const start = pick(n + 1);
    const end = start + pick(n - start + 1);
    const step = 1 + pick(2);
    const shape = r.shape.with(d, Math.ceil((end - start) / step));
    const index = [...new Array(d).fill(":"), torch.slice(start, end, step)];
    return [t.index(...index), rearranged(r, shape, (c) => c.with(d, start + c[d] * step))];
  },
  (pick) => (t, r) => {
    const d = pick(r.shape.length + 1);
    return [t.unsqueeze(d), rearranged(r, r.shape.toSpliced(d, 0, 1), (c) => c.toSpliced(d, 1))];
  },
  () => (t, r) => {
    const [a, b] = [t.reshape([-1]), rearranged(r, [size(r.shape)], (c) => coordinateAt(r.shape, c[0]))];
    return size(r.shape) === 0 ? [t, r] : [a, b];
  },
  (pick) => (t, r) => {
    const order = r.shape.map((_, d) => d);
    for (let i = order.length - 1; i > 0; i--) {
      const j = pick(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    const back = (c: number[]) => order.map((_, d) => c[order.indexOf(d)]);
    return [
      t.permute(order),
      rearranged(
        r,
        order.map((d) => r.shape[d]),
        back,
      ),
    ];
  },
];

function coordinateAt(shape: readonly number[], index: number): number[] {
  return shape.map((n, d) => Math.floor(index / size(shape.slice(d + 1))) % n);
}

const walks = fc.tuple(
  shapes,
  fc.array(fc.tuple(fc.nat(steps.length - 1), fc.array(fc.nat(1000), { minLength: 8, maxLength: 8 })), {
    maxLength: 6,
  }),
);

function walk(t: torch.Tensor, shape: number[], choices: [number, number[]][]): [torch.Tensor, Reference] {
  let state: [torch.Tensor, Reference] = [t, identity(shape)];
  for (const [step, numbers] of choices) {
    let k = 0;
    const pick = (n: number) => numbers[k++ % numbers.length] % Math.max(1, n);
    state = steps[step](pick)(...state);
  }
  return state;
}

describe("views", () => {
  test("show the elements that they should", () => {
    fc.assert(
      fc.property(walks, ([shape, choices]) => {
        const [view, r] = walk(base(shape), shape, choices);
        expect(view.shape).toEqual(r.shape);
        expect([...view.flatData()]).toEqual(r.at);
      }),
    );
  });

  test("carry their gradient back to those elements", () => {
    fc.assert(
      fc.property(walks, ([shape, choices]) => {
        const x = base(shape).requires_grad_();
        const [view, r] = walk(x, shape, choices);
        const weights = torch.arange(r.at.length, { dtype: torch.float64 }).add(1).reshape(r.shape);
        view.mul(weights).sum().backward();
        const expected = new Array(size(shape)).fill(0);
        r.at.forEach((at, i) => {
          expected[at] += i + 1;
        });
        expect([...x.grad.flatData()]).toEqual(expected);
      }),
    );
  });
});

describe("in-place changes", () => {
  /** Each element of the base is `scale · x + shift`; every op here keeps it so. */
  const changes = fc.array(
    fc.tuple(
      fc.nat(3),
      fc.integer({ min: -3, max: 3 }),
      walks.map(([, w]) => w),
    ),
    { minLength: 1, maxLength: 4 },
  );

  test("through views reach the base's values and its gradient", () => {
    fc.assert(
      fc.property(shapes, changes, (shape, list) => {
        const x = base(shape).add(1).requires_grad_();
        const y = x.mul(1);
        const scale = new Array(size(shape)).fill(1);
        const shift = new Array(size(shape)).fill(0);
        for (const [kind, k, choices] of list) {
          const [view, r] = walk(y, shape, choices);
          // A walk that had to copy (reshape) changes the copy only.
          const shares = view === y || view._base === y;
          if (kind === 0) view.mul_(k);
          else if (kind === 1) view.add_(k);
          else if (kind === 2) view.zero_();
          else view.copy_(torch.full(r.shape, k, { dtype: torch.float64 }));
          if (!shares) continue;
          for (const at of new Set(r.at)) {
            if (kind === 0) [scale[at], shift[at]] = [scale[at] * k, shift[at] * k];
            else if (kind === 1) shift[at] += k;
            else [scale[at], shift[at]] = [0, kind === 2 ? 0 : k];
          }
        }
        const plus = (n: number) => n + 0;
        expect([...y.detach().flatData()].map(plus)).toEqual(scale.map((s, i) => plus(s * (i + 1) + shift[i])));
        const weights = torch.arange(size(shape), { dtype: torch.float64 }).add(1).reshape(shape);
        y.mul(weights).sum().backward();
        expect([...x.grad.flatData()].map(plus)).toEqual(scale.map((s, i) => plus(s * (i + 1))));
      }),
    );
  });
});

describe("indexing", () => {
  type Part = { kind: "number" | "slice" | "new" | "list" | "mask"; numbers: number[] };
  const parts = fc.array(
    fc.record({
      kind: fc.constantFrom<Part["kind"][]>("number", "slice", "new", "list", "mask"),
      numbers: fc.array(fc.nat(1000), { minLength: 3, maxLength: 3 }),
    }),
    { maxLength: 4 },
  );

  /** What each part takes of its dimension; index lists are cut to one common length. */
  function build(shape: number[], given: Part[], length: number) {
    const index: any[] = [];
    const takes: { d: number; values: number[]; kind: Part["kind"] }[] = [];
    let d = 0;
    for (const { kind, numbers } of given) {
      if (kind === "new") {
        index.push(null);
        takes.push({ d: -1, values: [0], kind });
        continue;
      }
      if (d === shape.length) break;
      const n = shape[d];
      if (kind === "number") {
        const i = numbers[0] % n;
        index.push(numbers[1] % 2 ? i : i - n);
        takes.push({ d, values: [i], kind });
      } else if (kind === "slice") {
        const start = numbers[0] % (n + 1);
        const step = 1 + (numbers[1] % 2);
        index.push(`${start}::${step}`);
        takes.push({
          d,
          values: Array.from({ length: Math.max(0, Math.ceil((n - start) / step)) }, (_, i) => start + i * step),
          kind,
        });
      } else if (kind === "list") {
        const values = Array.from({ length }, (_, i) => (numbers[i % 3] + i) % n);
        index.push(values.map((v, i) => (numbers[i % 3] % 2 ? v : v - n)));
        takes.push({ d, values, kind });
      } else {
        // A mask that holds in exactly `length` places, where there are so many.
        if (length > n) {
          index.push(":");
          takes.push({ d, values: Array.from({ length: n }, (_, i) => i), kind: "slice" });
        } else {
          index.push(Array.from({ length: n }, (_, i) => i < length));
          takes.push({ d, values: Array.from({ length }, (_, i) => i), kind });
        }
      }
      d++;
    }
    for (; d < shape.length; d++)
      takes.push({ d, values: Array.from({ length: shape[d] }, (_, i) => i), kind: "slice" });
    return { index, takes };
  }

  test("picks what NumPy picks, and gradients count how often", () => {
    fc.assert(
      fc.property(shapes, parts, fc.integer({ min: 1, max: 3 }), (shape, given, length) => {
        const { index, takes } = build(shape, given, length);
        const advanced = takes.flatMap((t, i) => (t.kind === "list" || t.kind === "mask" ? [i] : []));
        // A number is a select before the lists broadcast, so it does not separate them.
        const seen = takes.flatMap((t, i) => (t.kind === "number" ? [] : [i]));
        const places = advanced.map((i) => seen.indexOf(i));
        const adjacent = places.every((p, k) => k === 0 || p === places[k - 1] + 1);
        const free = seen.filter((i) => !advanced.includes(i));
        const lead = advanced.length === 0 ? [] : adjacent ? free.filter((i) => i < advanced[0]) : [];
        const tail = free.filter((i) => !lead.includes(i));
        const axes = [...lead, ...(advanced.length > 0 ? [-1] : []), ...tail];
        const out = axes.map((i) => (i === -1 ? length : takes[i].values.length));
        const expected = coordinates(out).map((c) => {
          const at = new Array(shape.length).fill(0);
          for (const t of takes) if (t.kind === "number") at[t.d] = t.values[0];
          axes.forEach((axis, k) => {
            for (const i of axis === -1 ? advanced : [axis])
              if (takes[i].d >= 0) at[takes[i].d] = takes[i].values[c[k]];
          });
          return offset(shape, at);
        });
        const x = base(shape).requires_grad_();
        const picked = x.index(...index);
        expect(picked.shape).toEqual(out);
        expect([...picked.detach().flatData()]).toEqual(expected);
        picked.sum().backward();
        const counts = new Array(size(shape)).fill(0);
        for (const at of expected) counts[at]++;
        expect([...x.grad.flatData()]).toEqual(counts);
      }),
    );
  });
});
