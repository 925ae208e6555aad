#!/usr/bin/python3
"""Records what an installed PyTorch computes, in the format that the conformance tests read.

    python3 test/conformance/regenerate.py FOLDER [--seed 0] [--cases 6] [--only REGEX]

writes opinfo.jsonl.gz and print.json.gz into FOLDER. The operators and their inputs are those of PyTorch's own
operator database (torch.testing._internal); another seed or more cases give other samples of the same population.
"""
import argparse
import gzip
import json
import math
import re
import sys
import types
import unittest
import warnings

# The operator database imports this test helper, which distributions leave out; nothing here uses it.
try:
    import expecttest  # noqa: F401
except ImportError:
    stub = types.ModuleType("expecttest")
    stub.TestCase, stub.ACCEPT = unittest.TestCase, False
    sys.modules["expecttest"] = stub

import torch  # noqa: E402
from torch.testing._internal.common_methods_invocations import op_db  # noqa: E402

warnings.filterwarnings("ignore")

# Larger samples say nothing new and make the file slow to read.
MOST_ELEMENTS = 600


def number(v):
    if isinstance(v, bool):
        return int(v)
    if isinstance(v, int):
        return v
    if math.isnan(v):
        return "nan"
    if math.isinf(v):
        return "inf" if v > 0 else "-inf"
    short = float(f"{v:.9g}")
    return int(short) if short.is_integer() and abs(short) < 2**53 and not (short == 0 and math.copysign(1, short) < 0) else short


def encode(v):
    if isinstance(v, torch.Tensor):
        if v.is_complex():
            raise NotImplementedError("complex")
        out = {
            "$t": str(v.dtype).removeprefix("torch."),
            "shape": list(v.shape),
            "data": [number(x) for x in v.detach().resolve_conj().resolve_neg().contiguous().flatten().tolist()],
        }
        if v.requires_grad:
            out["rg"] = 1
        return out
    if isinstance(v, (list, tuple)):
        return [encode(x) for x in v]
    if isinstance(v, torch.dtype):
        return {"$dtype": str(v).removeprefix("torch.")}
    if isinstance(v, slice):
        return {"$slice": [v.start, v.stop, v.step]}
    if v is Ellipsis:
        return {"$ellipsis": 1}
    if isinstance(v, float) and not math.isfinite(v):
        return {"$f": number(v)}
    if v is None or isinstance(v, (bool, int, float, str)):
        return v
    raise NotImplementedError(type(v).__name__)


def tensors(v, into):
    if isinstance(v, torch.Tensor):
        into.append(v)
    elif isinstance(v, (list, tuple)):
        for x in v:
            tensors(x, into)
    elif isinstance(v, dict):
        for key in sorted(v):
            tensors(v[key], into)
    return into


def weights(t, phase):
    w = [round(math.cos(1.3 * (k + 1) + phase), 4) for k in range(t.numel())]
    return torch.tensor(w, dtype=t.dtype).reshape(t.shape)


def scalar(outs, which, phase):
    return sum((outs[i] * weights(outs[i], phase(i))).sum() for i in which)


def record(op, sample):
    args = [sample.input, *sample.args]
    kwargs = dict(sample.kwargs)
    leaves = [t for t in tensors(args, []) + tensors(kwargs, []) if t.requires_grad]
    case = {"args": encode(args), "kwargs": {k: encode(kwargs[k]) for k in kwargs}}
    result = op(sample.input, *sample.args, **sample.kwargs)
    case["out"] = encode(result)
    outs = tensors(result, [])
    if isinstance(result, torch.Tensor) and result.grad_fn is not None:
        case["grad_fn"] = result.grad_fn.name()
    which = [i for i, t in enumerate(outs) if t.requires_grad and t.is_floating_point()]
    if not (op.supports_autograd and leaves and which):
        return case
    twice = op.supports_gradgrad
    grads = torch.autograd.grad(scalar(outs, which, lambda i: 0.1 * i), leaves, create_graph=twice, allow_unused=True)
    case["gout"] = which
    case["grads"] = [None if g is None else encode(g.detach()) for g in grads]
    present = [i for i, g in enumerate(grads) if g is not None and g.requires_grad]
    if twice and present:
        second = torch.autograd.grad(scalar(grads, present, lambda i: 0.7 + 0.1 * i), leaves, allow_unused=True)
        case["grads2"] = [None if g is None else encode(g.detach()) for g in second]
    return case


def cases(op, seed, most):
    dtype = torch.float32 if torch.float32 in op.supported_dtypes("cpu") else sorted(op.supported_dtypes("cpu"), key=str)[0]
    torch.manual_seed(seed)
    out = []
    for sample in op.sample_inputs("cpu", dtype, requires_grad=op.supports_autograd and dtype.is_floating_point):
        if sum(t.numel() for t in tensors([sample.input, sample.args], []) + tensors(sample.kwargs, [])) > MOST_ELEMENTS:
            continue
        try:
            out.append(record(op, sample))
        except Exception:  # complex results, generators and the like are not of this population
            continue
    step = max(1, len(out) // most)
    return out[::step][:most]


def operators(folder, seed, most, only):
    with gzip.open(f"{folder}/opinfo.jsonl.gz", "wt") as file:
        for op in op_db:
            name = op.name
            if name.startswith("_refs") or not re.search(only, name):
                continue
            try:
                found = cases(op, seed, most)
            except Exception as error:
                print(f"{name} {op.variant_test_name}: {error}", file=sys.stderr)
                continue
            if found:
                line = {"op": name, "variant": op.variant_test_name, "aten": op.aten_name, "autograd": op.supports_autograd, "cases": found}
                file.write(json.dumps(line) + "\n")


def printing(folder, seed):
    torch.manual_seed(seed)
    shapes = [(), (1,), (3,), (2, 3), (2, 2, 2), (0,), (0, 3), (30,), (1100,), (40, 40), (3, 1, 5)]
    records = []
    for shape in shapes:
        for scale in (1, 1e-6, 1e6):
            records.append(torch.randn(shape) * scale)
        records += [torch.randint(-500, 500, shape), torch.rand(shape) > 0.5, torch.randn(shape).double(), torch.randn(shape).round()]
    with gzip.open(f"{folder}/print.json.gz", "wt") as file:
        json.dump([{"tensor": encode(t), "text": str(t)} for t in records], file)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=6)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    operators(given.folder, given.seed, given.cases, given.only)
    printing(given.folder, given.seed)
