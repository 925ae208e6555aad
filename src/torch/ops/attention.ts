/** Attention (Vaswani et al., 2017), and the forms of dropout that are not element by element. */
import { op } from "../dispatch";
import { bool } from "../dtype";
import { AssertionError, RuntimeError, ValueError } from "../errors";
import { sameShape, sizeText } from "../shape";
import { allocate, type Tensor } from "../tensor";
import { warn } from "../warnings";
import { cat } from "./joining";
import { baddbmm, bmm, linear, matmul } from "./linalg";
import { constant_pad_nd } from "./padding";

/** Zeros with −∞ where `blocked` holds. */
function additive(blocked: Tensor, like: Tensor): Tensor {
  return allocate(blocked.shape, like.dtype).masked_fill(blocked, Number.NEGATIVE_INFINITY);
}

/** Places after a query's own. */
function future(rows: number, columns: number): Tensor {
  const out = allocate([rows, columns], bool);
  for (let i = 0; i < rows; i++) for (let j = i + 1; j < columns; j++) out.storageOf.data[i * columns + j] = 1;
  return out;
}

/** Elements zeroed with probability p, the rest scaled by 1 / (1 − p). */
function dropped(x: Tensor, p: number): Tensor {
  return p > 0
    ? x.mul(
        x
          .empty_like()
          .bernoulli_(1 - p)
          .div(1 - p),
      )
    : x;
}

op(
  "_scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float dropout_p=0, bool need_attn_weights=False, bool is_causal=False) -> (Tensor output, Tensor attn)",
  {
    doc: "softmax(Q Kᵀ / √d + mask) V, and the weights: a boolean mask holds where attention may go.",
    forward: (query, key, value, mask, p, _needWeights, causal) => {
      if (causal && mask !== null) {
        throw new RuntimeError(
          "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True",
        );
      }
      let add: Tensor | null = mask;
      if (causal) add = additive(future(query.shape[query.ndim - 2], key.shape[key.ndim - 2]), query);
      else if (mask !== null && mask.dtype === bool) add = additive(mask.logical_not(), query);
      const scale = Math.sqrt(Math.sqrt(query.shape[query.ndim - 1]));
      let attention = matmul(query.div(scale), key.div(scale).transpose(-2, -1));
      if (add !== null) attention = attention.add(add);
      attention = dropped(attention.softmax(-1), p);
      const out = matmul(attention, value);
      return [out, attention];
    },
    composite: true,
    variants: ["nn.functional"],
  },
);

/** Python's `assert`. */
function assert(holds: boolean, text: string): asserts holds {
  if (!holds) throw new AssertionError(text);
}

const torchSize = (shape: readonly number[]): string => `torch.Size(${sizeText(shape)})`;

function isBatched(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  padding: Tensor | null,
  mask: Tensor | null,
  heads: number,
): boolean {
  if (query.ndim === 3) {
    assert(
      key.ndim === 3 && value.ndim === 3,
      `For batched (3-D) \`query\`, expected \`key\` and \`value\` to be 3-D but found ${key.ndim}-D and ${value.ndim}-D tensors respectively`,
    );
    assert(
      padding === null || padding.ndim === 2,
      `For batched (3-D) \`query\`, expected \`key_padding_mask\` to be \`None\` or 2-D but found ${padding?.ndim}-D tensor instead`,
    );
    assert(
      mask === null || mask.ndim === 2 || mask.ndim === 3,
      `For batched (3-D) \`query\`, expected \`attn_mask\` to be \`None\`, 2-D or 3-D but found ${mask?.ndim}-D tensor instead`,
    );
    return true;
  }
  assert(
    query.ndim === 2,
    `query should be unbatched 2D or batched 3D tensor but received ${query.ndim}-D query tensor`,
  );
  assert(
    key.ndim === 2 && value.ndim === 2,
    `For unbatched (2-D) \`query\`, expected \`key\` and \`value\` to be 2-D but found ${key.ndim}-D and ${value.ndim}-D tensors respectively`,
  );
  assert(
    padding === null || padding.ndim === 1,
    `For unbatched (2-D) \`query\`, expected \`key_padding_mask\` to be \`None\` or 1-D but found ${padding?.ndim}-D tensor instead`,
  );
  assert(
    mask === null || mask.ndim === 2 || mask.ndim === 3,
    `For unbatched (2-D) \`query\`, expected \`attn_mask\` to be \`None\`, 2-D or 3-D but found ${mask?.ndim}-D tensor instead`,
  );
  if (mask !== null && mask.ndim === 3) {
    const expected = [heads, query.shape[0], key.shape[0]];
    assert(
      sameShape(mask.shape, expected),
      `Expected \`attn_mask\` shape to be (${expected.join(", ")}) but got ${torchSize(mask.shape)}`,
    );
  }
  return false;
}

/** One product for self-attention and for one memory, three otherwise: the projections stand in one matrix. */
function packedProjection(q: Tensor, k: Tensor, v: Tensor, weight: Tensor, bias: Tensor | null): Tensor[] {
  const e = q.shape[q.ndim - 1];
  if (k === v) {
    if (q === k) return linear(q, weight, bias).chunk(3, -1);
    const [wq, wkv] = weight.split([e, 2 * e]);
    const [bq, bkv] = bias === null ? [null, null] : bias.split([e, 2 * e]);
    return [linear(q, wq, bq), ...linear(k, wkv, bkv).chunk(2, -1)];
  }
  const weights = weight.chunk(3);
  const biases = bias === null ? [null, null, null] : bias.chunk(3);
  return [q, k, v].map((t, i) => linear(t, weights[i], biases[i]));
}

op(
  "multi_head_attention_forward(Tensor query, Tensor key, Tensor value, int embed_dim_to_check, int num_heads, Tensor? in_proj_weight, Tensor? in_proj_bias, Tensor? bias_k, Tensor? bias_v, bool add_zero_attn, float dropout_p, Tensor out_proj_weight, Tensor? out_proj_bias, bool training=True, Tensor? key_padding_mask=None, bool need_weights=True, Tensor? attn_mask=None, bool use_separate_proj_weight=False, Tensor? q_proj_weight=None, Tensor? k_proj_weight=None, Tensor? v_proj_weight=None, Tensor? static_k=None, Tensor? static_v=None, bool average_attn_weights=True) -> (Tensor output, Tensor weights)",
  {
    doc: "Attention in several heads, `[length, batch, embedding]` or without the batch: the output, and the weights averaged over heads (null unless asked for).",
    forward: (
      query,
      key,
      value,
      embedDim,
      heads,
      inWeight,
      inBias,
      biasK,
      biasV,
      addZero,
      dropoutP,
      outWeight,
      outBias,
      training,
      padding,
      needWeights,
      attnMask,
      separate,
      qWeight,
      kWeight,
      vWeight,
      staticK,
      staticV,
      average,
    ) => {
      const batched = isBatched(query, key, value, padding, attnMask, heads);
      if (!batched) {
        const [same, memory] = [query === key, key === value];
        query = query.unsqueeze(1);
        key = same ? query : key.unsqueeze(1);
        value = memory ? key : value.unsqueeze(1);
        padding = padding?.unsqueeze(0) ?? null;
      }
      const [targets, n, e] = query.shape;
      if (padding !== null && padding.dtype !== bool && !padding.is_floating_point()) {
        throw new AssertionError("only bool and floating types of key_padding_mask are supported");
      }
      assert(e === embedDim, `was expecting embedding dimension of ${embedDim}, but got ${e}`);
      const d = Math.floor(e / heads);
      assert(d * heads === e, `embed_dim ${e} not divisible by num_heads ${heads}`);
      if (separate) {
        assert(
          sameShape(key.shape.slice(0, 2), value.shape.slice(0, 2)),
          `key's sequence and batch dims ${torchSize(key.shape.slice(0, 2))} do not match value's ${torchSize(value.shape.slice(0, 2))}`,
        );
      } else {
        assert(
          sameShape(key.shape, value.shape),
          `key shape ${torchSize(key.shape)} does not match value shape ${torchSize(value.shape)}`,
        );
      }
      let q: Tensor;
      let k: Tensor;
      let v: Tensor;
      if (separate) {
        assert(qWeight !== null, "use_separate_proj_weight is True but q_proj_weight is None");
        assert(kWeight !== null, "use_separate_proj_weight is True but k_proj_weight is None");
        assert(vWeight !== null, "use_separate_proj_weight is True but v_proj_weight is None");
        const [bq, bk, bv] = inBias === null ? [null, null, null] : inBias.chunk(3);
        [q, k, v] = [linear(query, qWeight, bq), linear(key, kWeight, bk), linear(value, vWeight, bv)];
      } else {
        assert(inWeight !== null, "use_separate_proj_weight is False but in_proj_weight is None");
        [q, k, v] = packedProjection(query, key, value, inWeight, inBias);
      }
      let mask = attnMask;
      if (mask !== null) {
        if (mask.dtype.name === "uint8") {
          warn("Byte tensor for attn_mask in nn.MultiheadAttention is deprecated. Use bool tensor instead.");
          mask = mask.to(bool);
        }
        assert(
          mask.is_floating_point() || mask.dtype === bool,
          `Only float, byte, and bool types are supported for attn_mask, not ${mask.dtype}`,
        );
        const expected = mask.ndim === 2 ? [targets, key.shape[0]] : [n * heads, targets, key.shape[0]];
        if (!sameShape(mask.shape, expected)) {
          throw new RuntimeError(
            `The shape of the ${mask.ndim}D attn_mask is ${torchSize(mask.shape)}, but should be (${expected.join(", ")}).`,
          );
        }
        if (mask.ndim === 2) mask = mask.unsqueeze(0);
      }
      const widen = () => {
        mask = mask === null ? null : constant_pad_nd(mask, [0, 1], 0);
        padding = padding === null ? null : constant_pad_nd(padding, [0, 1], 0);
      };
      if (biasK !== null && biasV !== null) {
        assert(staticK === null, "bias cannot be added to static key.");
        assert(staticV === null, "bias cannot be added to static value.");
        k = cat([k, biasK.repeat([1, n, 1])], 0);
        v = cat([v, biasV.repeat([1, n, 1])], 0);
        widen();
      }
      const split = (t: Tensor) =>
        t
          .contiguous()
          .view([t.shape[0], n * heads, d])
          .transpose(0, 1);
      q = split(q);
      k = staticK ?? split(k);
      v = staticV ?? split(v);
      if (addZero) {
        k = cat([k, allocate([n * heads, 1, d], k.dtype)], 1);
        v = cat([v, allocate([n * heads, 1, d], v.dtype)], 1);
        widen();
      }
      const sources = k.shape[1];
      if (padding !== null) {
        assert(
          sameShape(padding.shape, [n, sources]),
          `expecting key_padding_mask shape of (${n}, ${sources}), but got ${torchSize(padding.shape)}`,
        );
        const wide = padding
          .view([n, 1, 1, sources])
          .expand([-1, heads, -1, -1])
          .reshape([n * heads, 1, sources]);
        if (mask === null) mask = wide;
        else if (mask.dtype === bool) mask = mask.logical_or(wide);
        else mask = mask.masked_fill(wide, Number.NEGATIVE_INFINITY);
      }
      if (mask !== null && mask.dtype === bool) mask = additive(mask, q);
      const scaled = q.div(Math.sqrt(d));
      const scores =
        mask === null ? bmm(scaled, k.transpose(-2, -1)) : baddbmm(mask, scaled, k.transpose(-2, -1), 1, 1);
      let weights = dropped(scores.softmax(-1), training ? dropoutP : 0);
      const joined = bmm(weights, v)
        .transpose(0, 1)
        .contiguous()
        .view([targets * n, e]);
      let out = linear(joined, outWeight, outBias);
      out = out.view([targets, n, out.shape[1]]);
      if (!batched) out = out.squeeze(1);
      if (!needWeights) return [out, null as unknown as Tensor];
      weights = weights.view([n, heads, targets, sources]);
      if (average) weights = weights.sum([1]).div(heads);
      return [out, batched ? weights : weights.squeeze(0)];
    },
    composite: true,
    variants: ["nn.functional"],
  },
);

// ── dropout of features, and for self-normalising networks ──────────────────────────────────────────────────────

function checkProbability(p: number): void {
  if (p < 0 || p > 1) throw new ValueError(`dropout probability has to be between 0 and 1, but got ${p}`);
}

const ALPHA = 1.7580993408473766;

/** Noise of one number for each element, or for each channel of each example. */
function masked(x: Tensor, p: number, training: boolean, byFeature: boolean, alpha: boolean): Tensor {
  if (p === 0 || !training || x.numel() === 0) return x;
  if (p === 1) return x.mul(x.new_zeros([]));
  if (byFeature && x.ndim < 2) {
    throw new RuntimeError("Feature dropout requires at least 2 dimensions in the input");
  }
  const shape = byFeature ? x.shape.map((s, i) => (i < 2 ? s : 1)) : x.shape;
  const noise = x.new_empty(shape).bernoulli_(1 - p);
  if (!alpha) return x.mul(noise.div(1 - p));
  // Dropped ones become −α′, and an affine map restores mean 0 and variance 1 (Klambauer et al., 2017).
  const a = 1 / Math.sqrt((ALPHA * ALPHA * p + 1) * (1 - p));
  const shift = noise
    .sub(1)
    .mul(ALPHA * a)
    .add(ALPHA * a * p);
  return x.mul(noise.mul(a)).add(shift);
}

function inPlace(x: Tensor, out: Tensor, inplace: boolean): Tensor {
  return inplace && out !== x ? x.copy_(out) : out;
}

op("alpha_dropout(Tensor input, float p=0.5, bool training=False, bool inplace=False) -> Tensor", {
  doc: "Dropout that keeps mean and variance of self-normalising networks.",
  forward: (x, p, training, inplace) => {
    checkProbability(p);
    return inPlace(x, masked(x, p, training, false, true), inplace);
  },
  composite: true,
  variants: ["nn.functional"],
});
op("feature_alpha_dropout(Tensor input, float p=0.5, bool training=False, bool inplace=False) -> Tensor", {
  doc: "alpha_dropout of whole channels.",
  forward: (x, p, training, inplace) => {
    checkProbability(p);
    return inPlace(x, masked(x, p, training, true, true), inplace);
  },
  composite: true,
  variants: ["nn.functional"],
});

for (const n of [1, 2, 3]) {
  op(
    `dropout${n}d(Tensor input, float p=0.5, bool training=True, bool inplace=False) -> Tensor` as "dropout2d(Tensor input, float p=0.5, bool training=True, bool inplace=False) -> Tensor",
    {
      doc: "Whole channels zeroed with probability p, the rest scaled by 1 / (1 − p).",
      forward: (x, p, training, inplace) => {
        checkProbability(p);
        if (n === 1 && x.ndim !== 2 && x.ndim !== 3) {
          throw new RuntimeError(
            `dropout1d: Expected 2D or 3D input, but received a ${x.ndim}D input. Note that dropout1d exists to provide channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional batch dimension (i.e. 2D or 3D inputs).`,
          );
        }
        // In one and three dimensions an input without a batch gets one for the moment.
        const bare = (n === 1 && x.ndim === 2) || (n === 3 && x.ndim === 4);
        const out = masked(bare ? x.unsqueeze(0) : x, p, training, true, false);
        return inPlace(x, bare ? out.squeeze(0) : out, inplace);
      },
      composite: true,
      variants: ["nn.functional"],
    },
  );
}
