"""Shared by the Python peers: parameters, data and the side of a competitor (see serve.mjs and workloads/data.mjs)."""
import json, os, sys, time
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
spec = json.load(open(os.path.join(HERE, "..", "workloads", "workloads.json")))


def fmix(h):
    h = np.atleast_1d(np.asarray(h, np.uint64)) & np.uint64(0xFFFFFFFF)
    h ^= h >> np.uint64(16); h = (h * np.uint64(0x85EBCA6B)) & np.uint64(0xFFFFFFFF)
    h ^= h >> np.uint64(13); h = (h * np.uint64(0xC2B2AE35)) & np.uint64(0xFFFFFFFF)
    return h ^ (h >> np.uint64(16))


def uniform(seed, n):
    i = (np.arange(n, dtype=np.uint64) * np.uint64(0x9E3779B9)) & np.uint64(0xFFFFFFFF)
    return fmix(fmix(seed) + i).astype(np.float64) / 4294967296.0


def params(wid):
    w, out = spec[wid], {}
    for k, p in enumerate(w["params"]):
        n = int(np.prod(p["shape"]))
        if "values" in p: d = np.array(p["values"])
        elif p["init"] == "zeros": d = np.zeros(n)
        elif p["init"] == "ones": d = np.ones(n)
        else: d = p["init"] * (2 * uniform(1000 * w["seed"] + k, n) - 1)
        out[p["name"]] = d.astype(np.float32).reshape(p["shape"])
    return out


def batches(wid):
    w = spec[wid]
    if w["kind"] == "seed":
        return [(np.array([w["data"]["x"]], np.float32), np.array([w["data"]["y"]], np.float32))]
    out = []
    for b in range(w["batches"]):
        if w["kind"] in ("mlp", "cnn"):
            c, n = w["classes"], w["inputs"]
            proto = uniform(7000 + w["seed"], c * n).reshape(c, n)
            noise = uniform(8000 + 10 * w["seed"] + b, w["batch"] * n).reshape(w["batch"], n)
            y = np.floor(uniform(9000 + 10 * w["seed"] + b, w["batch"]) * c).astype(np.int64)
            x = (0.4 * proto[y] + 0.6 * noise).astype(np.float32)
        else:
            c = w["vocab"]
            r = uniform(9000 + 10 * w["seed"] + b, 2 * w["batch"]).reshape(-1, 2)
            start = np.floor(r[:, :1] * c).astype(np.int64); stride = 1 + np.floor(r[:, 1:] * 3).astype(np.int64)
            t = np.arange(w["seq"])[None, :]
            x = (start + t * stride) % c; y = (start + (t + 1) * stride) % c
        out.append((x, y))
    return out


def matmul_input():
    n = spec["W8"]["n"]
    return [(2 * uniform(1000 * spec["W8"]["seed"] + k, n * n) - 1).astype(np.float32).reshape(n, n) for k in (0, 1)]


def say(**line): print(json.dumps(line), flush=True)


def losses(step, budget, marks=(1, 10, 50)):
    out, start = {}, time.perf_counter()
    for k in range(marks[-1]):
        if time.perf_counter() - start >= budget: break
        loss = step(k)
        if k + 1 in marks: out[k + 1] = float("%.7g" % loss)
    return out


def serve(step, opts):
    """Has a step ready and runs it for as long as each line of input says."""
    if opts.get("mode") == "first":
        say(loss=step(0))
        return
    first = losses(step, float(opts.get("losses", 0)) / 1e3)
    taken, start = 0, time.perf_counter()
    while True:
        step(taken); taken += 1
        if time.perf_counter() - start >= float(opts.get("warm", 300)) / 1e3: break
    each = (time.perf_counter() - start) / taken
    say(ready=True, losses=first)
    for line in sys.stdin:
        steps = max(1, round(json.loads(line)["ms"] / 1e3 / each))
        begin = time.perf_counter()
        for _ in range(steps): step(taken); taken += 1
        each = (time.perf_counter() - begin) / steps
        say(us=each * 1e6, steps=steps)


# By itself it only draws a workload's parameters and batches, as prepare.mjs does.
if __name__ == "__main__":
    params(sys.argv[1])
    batches(sys.argv[1])
