"""PyTorch, usage: python3 pytorch.py W3 --form=eager|foreach|trace, or --export=DIR for the ONNX models of W3 and W4.
eager and foreach are the two forms of Adam; trace is torch.jit.trace of forward pass and loss with the latter."""
import sys
import torch
import torch.nn.functional as F
from common import *

opts = dict(s[2:].partition("=")[::2] for s in sys.argv[1:] if s.startswith("--"))
wanted = next((s for s in sys.argv[1:] if s.startswith("W")), None)
form = opts.get("form", "eager")
torch.set_num_threads(1)


def forward(wid):
    w = spec[wid]; kind = w["kind"]
    if kind == "seed":
        return lambda P, x: torch.sigmoid(torch.addmm(P["b2"], torch.sigmoid(torch.addmm(P["b1"], x, P["w1"])), P["w2"]))
    if kind == "mlp":
        n = 3 if wid == "W3" else 2
        def f(P, x):
            for i in range(1, n + 1):
                x = torch.addmm(P["b%d" % i], x, P["w%d" % i])
                if i < n: x = torch.relu(x)
            return x
        return f
    if kind == "cnn":
        def f(P, x):
            h = F.max_pool2d(torch.relu(F.conv2d(x, P["c1"], P["cb1"], padding=2)), 2)
            h = F.max_pool2d(torch.relu(F.conv2d(h, P["c2"], P["cb2"], padding=2)), 2)
            return torch.addmm(P["b"], h.flatten(1), P["w"])
        return f
    if kind == "lstm":
        zeros = torch.zeros(w["batch"], w["hidden"])
        def f(P, x):
            gx = (F.embedding(x, P["emb"]) @ P["wx"] + P["b"]).unbind(1)
            h = c = zeros; hs = []
            for g in gx:
                i, f_, u, o = torch.addmm(g, h, P["wh"]).chunk(4, 1)
                c = torch.sigmoid(f_) * c + torch.sigmoid(i) * torch.tanh(u)
                h = torch.sigmoid(o) * torch.tanh(c); hs.append(h)
            return torch.addmm(P["bo"], torch.stack(hs, 1).flatten(0, 1), P["wo"])
        return f
    B, T, D, H = w["batch"], w["seq"], w["d"], w["heads"]
    mask = torch.full((T, T), float("-inf")).triu(1)
    def f(P, x):
        h = (F.embedding(x, P["tok"]) + P["pos"]).view(B * T, D)
        for l in range(w["blocks"]):
            p = lambda n: P["l%d.%s" % (l, n)]
            a = torch.addmm(p("bqkv"), F.layer_norm(h, (D,), p("ln1g"), p("ln1b"), w["lnEps"]), p("wqkv"))
            q, k, v = (t.view(B, T, H, D // H).transpose(1, 2) for t in a.chunk(3, 1))
            s = torch.softmax(q @ k.transpose(2, 3) * (D // H) ** -0.5 + mask, -1)
            o = (s @ v).transpose(1, 2).reshape(B * T, D)
            h = h + torch.addmm(p("bo"), o, p("wo"))
            m = F.gelu(torch.addmm(p("b1"), F.layer_norm(h, (D,), p("ln2g"), p("ln2b"), w["lnEps"]), p("w1")), approximate="tanh")
            h = h + torch.addmm(p("b2"), m, p("w2"))
        return F.layer_norm(h, (D,), P["lnfg"], P["lnfb"], w["lnEps"]) @ P["head"]
    return f


def make(wid, form):
    """The training step, the parameters, the forward pass and the batches."""
    w = spec[wid]
    P = {k: torch.tensor(v, requires_grad=True) for k, v in params(wid).items()}
    data = [(torch.tensor(x), torch.tensor(y).view(-1) if w["kind"] != "seed" else torch.tensor(y)) for x, y in batches(wid)]
    if w["kind"] == "cnn": data = [(x.view(-1, 1, 28, 28), y) for x, y in data]
    names, leaves = list(P), list(P.values())
    f = forward(wid)
    lossf = (lambda o, y: 0.5 * ((y - o) ** 2).sum()) if w["kind"] == "seed" else F.cross_entropy
    run = lambda x, y: lossf(f(P, x), y)
    if form == "trace":
        tr = torch.jit.trace(lambda x, y, *a: lossf(f(dict(zip(names, a)), x), y), (*data[0], *leaves), check_trace=False)
        run = lambda x, y: tr(x, y, *leaves)
    o = w["optimizer"]
    opt = (torch.optim.SGD(leaves, lr=o["lr"]) if o["type"] == "sgd"
           else torch.optim.Adam(leaves, lr=o["lr"], betas=(o["beta1"], o["beta2"]), eps=o["eps"], foreach=form != "eager"))
    def step(i):
        x, y = data[i % len(data)]
        opt.zero_grad(set_to_none=True)
        loss = run(x, y); loss.backward(); opt.step()
        return loss.item()
    return step, P, f, data


def predicting(wid, form):
    _, P, f, data = make(wid, "eager")
    P = {k: v.detach() for k, v in P.items()}; x = data[0][0][:1].contiguous()
    g = torch.jit.trace(lambda x: f(P, x), (x,)) if form == "trace" else lambda x: f(P, x)
    def step(i):
        with torch.no_grad(): return g(x)[0, 0].item()
    return step


def export(folder):
    os.makedirs(folder, exist_ok=True)
    for wid in ("W3", "W4"):
        _, P, f, data = make(wid, "eager")
        class M(torch.nn.Module):
            def __init__(self):
                super().__init__(); self.p = torch.nn.ParameterDict({k: torch.nn.Parameter(v.detach()) for k, v in P.items()})
            def forward(self, x): return f(self.p, x)
        torch.onnx.export(M(), data[0][0][:1], os.path.join(folder, wid + ".onnx"), input_names=["x"], output_names=["y"], opset_version=14)


try:
    if "export" in opts: export(opts["export"])
    elif wanted == "W8":
        a, b = map(torch.tensor, matmul_input())
        serve(lambda i: torch.mm(a, b)[0, 5].item(), opts)
    elif wanted.startswith("W7"): serve(predicting(wanted.split("-")[1], form), opts)
    else: serve(make(wanted, form)[0], opts)
except Exception as error:
    say(failed=(str(error).splitlines() or [repr(error)])[0][:200])
    sys.exit(1)
