#!/usr/bin/python3
"""The eight workloads of `attune bench` in PyTorch, as the other side of the comparison.

Usage: torch_reference.py WORKLOAD
Prints one JSON line when the workload is built and its first step done, then one for each line on standard input,
which is a number of steps: the median time of a step.
Needs PyTorch with a fast BLAS (Debian: python3-torch libopenblas0-pthread).
"""
import glob
import json
import os
import resource
import statistics
import sys
import time

try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError:
    print(json.dumps({'error': 'PyTorch is not installed (Debian: apt-get install python3-torch libopenblas0-pthread)'}))
    sys.exit(1)


def optimise(module, loss):
    """A step of Adam at rate 1e-3 on the trainable parameters."""
    optimiser = torch.optim.Adam([p for p in module.parameters() if p.requires_grad], lr=1e-3)

    def step():
        optimiser.zero_grad()
        value = loss()
        value.backward()
        optimiser.step()
        return value.item()

    return step


def infer(function):
    def step():
        with torch.inference_mode():
            return float(function())

    return step


def cnn_train():
    widths = [3, 32, 32, 64, 64]
    layers = []
    for i in range(4):
        layers += [nn.Conv2d(widths[i], widths[i + 1], 3, padding=1), nn.ReLU()]
        if i % 2:
            layers.append(nn.MaxPool2d(2))
    network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(4096, 128), nn.ReLU(), nn.Linear(128, 10))
    images, labels = torch.randn(64, 3, 32, 32), torch.randint(10, (64,))
    return optimise(network, lambda: F.cross_entropy(network(images), labels))


class Residual(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.path = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        self.shortcut = nn.Identity()
        if stride > 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        return F.relu(self.path(x) + self.shortcut(x))


def resnet18_trunk():
    stages, inputs = [], 64
    for i, outputs in enumerate([64, 128, 256, 512]):
        stages += [Residual(inputs, outputs, 1 if i == 0 else 2), Residual(outputs, outputs, 1)]
        inputs = outputs
    stem = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    return nn.Sequential(*stem, *stages, nn.AdaptiveAvgPool2d(1), nn.Flatten())


def resnet18_train():
    network = nn.Sequential(resnet18_trunk(), nn.Linear(512, 10))
    images, labels = torch.randn(16, 3, 96, 96), torch.randint(10, (16,))
    return optimise(network, lambda: F.cross_entropy(network(images), labels))


def resnet18_features():
    trunk = resnet18_trunk().eval()
    images = torch.randn(16, 3, 224, 224)
    return infer(lambda: trunk(images).sum())


def dynamics():
    return nn.Sequential(nn.Linear(26, 500), nn.ReLU(), nn.Linear(500, 500), nn.ReLU(), nn.Linear(500, 20))


def mlp_train():
    network = dynamics()
    x, y = torch.randn(512, 26), torch.randn(512, 20)
    return optimise(network, lambda: F.mse_loss(network(x), y))


def mpc_rollout():
    network = dynamics().eval()
    start, plan = torch.randn(20), torch.rand(20, 1000, 6) * 2 - 1

    def decide():
        state, total = start.expand(1000, 20), torch.zeros(1000)
        for action in plan:
            state = state + network(torch.cat([state, action], 1))
            total = total + state[:, 0] - 0.05 * action.square().sum(1)
        return total.argmax()

    return infer(decide)


def lstm_train():
    embedding, lstm, head = nn.Embedding(38, 64), nn.LSTM(64, 256, batch_first=True), nn.Linear(256, 38)
    notes, following = torch.randint(38, (64, 32)), torch.randint(38, (64, 32))
    return optimise(
        nn.ModuleList([embedding, lstm, head]),
        lambda: F.cross_entropy(head(lstm(embedding(notes))[0]).flatten(0, 1), following.flatten()))


def encoder_train():
    embedding = nn.Embedding(30522, 384)
    embedding.weight.requires_grad = False
    body = nn.TransformerEncoder(nn.TransformerEncoderLayer(384, 12, 1536, 0.0, 'gelu', batch_first=True), 4)
    head = nn.Linear(384, 2)
    tokens, labels = torch.randint(30522, (16, 64)), torch.randint(2, (16,))
    return optimise(
        nn.ModuleList([embedding, body, head]),
        lambda: F.cross_entropy(head(body(embedding(tokens)).mean(1)), labels))


class Hourglass(nn.Module):
    """Four levels of 64 channels with 4 skip channels, reflection padding, bilinear enlargement."""

    def __init__(self, levels=4, width=64, skip=4, inputs=32):
        super().__init__()

        def unit(a, b, kernel, stride=1):
            mode = 'reflect' if kernel > 1 else 'zeros'
            conv = nn.Conv2d(a, b, kernel, stride, kernel // 2, padding_mode=mode)
            return nn.Sequential(conv, nn.BatchNorm2d(b), nn.LeakyReLU(0.2))

        entering = [inputs] + [width] * (levels - 1)
        self.skips = nn.ModuleList([unit(a, skip, 1) for a in entering])
        self.downs = nn.ModuleList([nn.Sequential(unit(a, width, 3, 2), unit(width, width, 3)) for a in entering])
        self.ups = nn.ModuleList([
            nn.Sequential(nn.BatchNorm2d(width + skip), unit(width + skip, width, 3), unit(width, width, 1))
            for _ in entering])
        self.out = nn.Conv2d(width, 3, 1)

    def forward(self, x):
        kept = []
        for skip, down in zip(self.skips, self.downs):
            kept.append(skip(x))
            x = down(x)
        for up, skip in zip(reversed(self.ups), reversed(kept)):
            larger = F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=False)
            x = up(torch.cat([larger, skip], 1))
        return torch.sigmoid(self.out(x))


def dip_step():
    network = Hourglass()
    noise, image = torch.rand(1, 32, 128, 128) / 10, torch.rand(1, 3, 128, 128)
    return optimise(network, lambda: F.mse_loss(network(noise + torch.randn_like(noise) / 30), image))


WORKLOADS = {f.__name__: f for f in [
    cnn_train, resnet18_train, resnet18_features, mlp_train, mpc_rollout, lstm_train, encoder_train, dip_step]}


def main():
    if sys.platform == 'linux' and not glob.glob('/usr/lib/*/openblas-pthread/libopenblas*'):
        print(json.dumps({'error': 'PyTorch has only the reference BLAS, no fair comparison: apt-get install libopenblas0-pthread'}))
        return
    torch.set_num_threads(os.cpu_count())
    torch.manual_seed(0)
    step = WORKLOADS[sys.argv[1]]()

    def timed():
        start = time.perf_counter()
        value = step()
        return (time.perf_counter() - start) * 1e3, value

    ms, value = timed()
    print(json.dumps({'ready': True, 'version': f'torch {torch.__version__}', 'firstMs': ms, 'value': value}), flush=True)
    for line in sys.stdin:
        times = [timed()[0] for _ in range(int(line))]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({'ms': statistics.median(times), 'peakMiB': peak}), flush=True)


main()
