"""The mapping network z -> w, trained apart in a few minutes: w is a fixed linear image of the semantics of z.

w = offset + scaled semantics @ embedding. The offset keeps w positive, where the last leaky ReLU is linear; without
it every coordinate of w needs a kink of its own. w_avg is the offset itself: the average face, at rest.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from stylegan2.demo.people import FACTOR_COUNT, SEMANTICS, projection, semantics_of
from stylegan2.demo.teacher import scaled

Z_DIM = W_DIM = 512
LAYERS = 4
LR_MULTIPLIER = 0.1
OFFSET = 4.0


@lru_cache(maxsize=4)
def embedding(w_dim: int = W_DIM) -> Tensor:
    """[82, w_dim]: orthogonal rows, as long as makes w's coordinates about as large as a normal draw's."""
    generator = torch.Generator().manual_seed(777)
    q, _ = torch.linalg.qr(torch.randn(w_dim, len(SEMANTICS), generator=generator, dtype=torch.float64))
    rows: Tensor = q.t().float() * math.sqrt(w_dim / len(SEMANTICS))
    return rows


class Dense(nn.Module):
    """Equalised learning rate: the stored weight is about 1 / lr_multiplier (arXiv:1710.10196)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / LR_MULTIPLIER)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.coefficient = LR_MULTIPLIER / math.sqrt(inputs)

    def forward(self, x: Tensor) -> Tensor:
        x = F.linear(x, self.weight * self.coefficient, self.bias * LR_MULTIPLIER)
        return F.leaky_relu(x, 0.2) * math.sqrt(2)


class Mapping(nn.Module):
    """z [N, 512] -> w [N, 512]."""

    def __init__(self, layers: int = LAYERS) -> None:
        super().__init__()
        self.layers = nn.ModuleList([Dense(Z_DIM, W_DIM), *(Dense(W_DIM, W_DIM) for _ in range(layers - 1))])
        self._start_with_factors()

    def _start_with_factors(self) -> None:
        """The first layer sees every factor and its negative, so that none is lost in the ReLU."""
        first, *_, last = self.dense()
        rows = projection(Z_DIM)
        with torch.no_grad():
            weight = first.weight * first.coefficient * 0.05
            weight[: 2 * FACTOR_COUNT] = torch.cat((rows, -rows))
            first.weight.copy_(weight / first.coefficient)
            last.bias.fill_(OFFSET / math.sqrt(2) / LR_MULTIPLIER)

    def dense(self) -> list[Dense]:
        return [layer for layer in self.layers if isinstance(layer, Dense)]

    def forward(self, z: Tensor) -> Tensor:
        x = z * torch.rsqrt(z.square().mean(1, keepdim=True) + 1e-8)
        for layer in self.layers:
            x = layer(x)
        return x


def target(z: Tensor) -> Tensor:
    """The w that a z should get, [N, 512]."""
    return OFFSET + scaled(semantics_of(z)) @ embedding().to(z)


@dataclass(frozen=True, slots=True)
class Fit:
    step: int
    unexplained: float
    """Share of w's variance that the mapping misses."""


def fit(
    mapping: Mapping, steps: int, generator: torch.Generator, batch: int = 256, rate: float = 0.05
) -> Iterator[Fit]:
    """Train; yields now and then how far it is."""
    optimizer = torch.optim.Adam(mapping.parameters(), lr=rate, betas=(0.9, 0.99))
    for step in range(1, steps + 1):
        optimizer.param_groups[0]["lr"] = rate * (0.5 + 0.5 * math.cos(math.pi * step / steps)) + 1e-6
        z = torch.randn(batch, Z_DIM, generator=generator, device=generator.device)
        wanted = target(z)
        loss = F.mse_loss(mapping(z), wanted) / wanted.var(0).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if step % 200 == 0 or step == steps:
            yield Fit(step, loss.item())
