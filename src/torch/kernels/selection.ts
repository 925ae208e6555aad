/**
 * Selection as the C++ behind PyTorch does it, step for step. The values are those of a sort; which of several equal
 * elements is named depends on the steps.
 */

/** Whether the element at one position goes before the one at another. */
type Before = (i: number, j: number) => boolean;

const swap = (a: Int32Array, i: number, j: number): void => {
  const t = a[i];
  a[i] = a[j];
  a[j] = t;
};

/** `[first, last)` by insertion. */
function insertionSort(a: Int32Array, first: number, last: number, before: Before): void {
  for (let i = first + 1; i < last; i++) {
    const v = a[i];
    let k = i;
    if (before(v, a[first])) {
      for (; k > first; k--) a[k] = a[k - 1];
    } else {
      for (; before(v, a[k - 1]); k--) a[k] = a[k - 1];
    }
    a[k] = v;
  }
}

/** Splits `[first, last)` around the median of its second, middle and last element; returns where the right part starts. */
function partition(a: Int32Array, first: number, last: number, before: Before): number {
  const [x, y, z] = [first + 1, first + ((last - first) >> 1), last - 1];
  let median: number;
  if (before(a[x], a[y])) median = before(a[y], a[z]) ? y : before(a[x], a[z]) ? z : x;
  else median = before(a[x], a[z]) ? x : before(a[y], a[z]) ? z : y;
  swap(a, first, median);
  let left = first + 1;
  let right = last;
  for (;;) {
    while (before(a[left], a[first])) left++;
    right--;
    while (before(a[first], a[right])) right--;
    if (left >= right) return left;
    swap(a, left, right);
    left++;
  }
}

/** Lets the element at `hole` of a heap from `first` sink to its place among `length`. */
function sink(a: Int32Array, first: number, hole: number, length: number, v: number, before: Before): void {
  const top = hole;
  let child = hole;
  while (child < (length - 1) >> 1) {
    child = 2 * (child + 1);
    if (before(a[first + child], a[first + child - 1])) child--;
    a[first + hole] = a[first + child];
    hole = child;
  }
  if (length % 2 === 0 && child === (length - 2) >> 1) {
    child = 2 * (child + 1);
    a[first + hole] = a[first + child - 1];
    hole = child - 1;
  }
  let parent = (hole - 1) >> 1;
  while (hole > top && before(a[first + parent], v)) {
    a[first + hole] = a[first + parent];
    hole = parent;
    parent = (hole - 1) >> 1;
  }
  a[first + hole] = v;
}

/** The smallest `middle − first` of `[first, last)` as a heap in front. */
function heapSelect(a: Int32Array, first: number, middle: number, last: number, before: Before): void {
  const n = middle - first;
  for (let parent = (n - 2) >> 1; n >= 2 && parent >= 0; parent--) sink(a, first, parent, n, a[first + parent], before);
  for (let i = middle; i < last; i++) {
    if (!before(a[i], a[first])) continue;
    const v = a[i];
    a[i] = a[first];
    sink(a, first, 0, n, v, before);
  }
}

function sortHeap(a: Int32Array, first: number, last: number, before: Before): void {
  for (let end = last; end - first > 1; ) {
    end--;
    const v = a[end];
    a[end] = a[first];
    sink(a, first, 0, end - first, v, before);
  }
}

const depthLimit = (n: number): number => 2 * (31 - Math.clz32(n));

/** `std::nth_element` */
export function nthElement(a: Int32Array, first: number, nth: number, last: number, before: Before): void {
  if (first === last || nth === last) return;
  let depth = depthLimit(last - first);
  while (last - first > 3) {
    if (depth-- === 0) {
      heapSelect(a, first, nth + 1, last, before);
      swap(a, first, nth);
      return;
    }
    const cut = partition(a, first, last, before);
    if (cut <= nth) first = cut;
    else last = cut;
  }
  insertionSort(a, first, last, before);
}

/** `std::partial_sort` */
export function partialSort(a: Int32Array, first: number, middle: number, last: number, before: Before): void {
  heapSelect(a, first, middle, last, before);
  sortHeap(a, first, middle, before);
}

const FEW = 16;

/** `std::sort` */
export function introsort(a: Int32Array, first: number, last: number, before: Before): void {
  if (first === last) return;
  const stack: [number, number, number][] = [[first, last, depthLimit(last - first)]];
  // The right part of a split is sorted before the left one is split on; only the splits' order matters, not its timing.
  while (stack.length > 0) {
    let [from, to, depth] = stack.pop()!;
    while (to - from > FEW) {
      if (depth === 0) {
        partialSort(a, from, to, to, before);
        break;
      }
      depth--;
      const cut = partition(a, from, to, before);
      stack.push([cut, to, depth]);
      to = cut;
    }
  }
  insertionSort(a, first, Math.min(last, first + FEW), before);
  for (let i = first + FEW; i < last; i++) {
    const v = a[i];
    let k = i;
    for (; before(v, a[k - 1]); k--) a[k] = a[k - 1];
    a[k] = v;
  }
}

/** Hoare's selection with the median of three (`kthvalue`): the k-th of `[0, n)` stands at k. */
export function quickSelect(a: Int32Array, k: number, after: Before): void {
  let left = 0;
  let right = a.length - 1;
  while (right > left) {
    if (right === left + 1) {
      if (after(a[left], a[right])) swap(a, left, right);
      return;
    }
    swap(a, left + ((right - left) >> 1), left + 1);
    if (after(a[left + 1], a[right])) swap(a, left + 1, right);
    if (after(a[left], a[right])) swap(a, left, right);
    if (after(a[left + 1], a[left])) swap(a, left + 1, left);
    const pivot = a[left];
    let i = left + 1;
    let j = right;
    for (;;) {
      do i++;
      while (after(pivot, a[i]));
      do j--;
      while (after(a[j], pivot));
      if (j < i) break;
      swap(a, i, j);
    }
    swap(a, left, j);
    if (j <= k) left = i;
    if (j >= k) right = j - 1;
  }
}
