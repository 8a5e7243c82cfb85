"""The pass after a convolution: its plain form is what the layers define, and the Triton kernel equals the plain form.

The kernel runs on a CPU in Triton's interpreter: where Triton is installed, TRITON_INTERPRET=1 is set and no CUDA
device is there.
"""

import importlib.util
import logging
import os
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from stylegan2.cuda import finishing
from stylegan2.cuda.finishing import Finish, finish, finisher_for

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
NO_TRITON = pytest.mark.skipif(
    importlib.util.find_spec("triton") is None or (DEVICE == "cpu" and os.environ.get("TRITON_INTERPRET") != "1"),
    reason="the kernel needs Triton, and a CUDA device or TRITON_INTERPRET=1",
)
random = torch.Generator().manual_seed(5)


def some(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=random).to(DEVICE)


def values(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return some(*shape).to(dtype).contiguous(memory_format=torch.channels_last)


def plain(count: int = 2, channels: int = 5) -> Finish:
    return Finish(some(count, channels), some(channels))


def test_scale_noise_bias_activation_and_clamp_come_in_this_order() -> None:
    x, with_ = values(2, 5, 6, 6), replace(plain(), noise=some(1, 1, 6, 6), clamp=0.5)
    assert with_.noise is not None
    expected = functional.leaky_relu(x * with_.scale[..., None, None] + with_.noise + with_.bias[:, None, None], 0.2)
    torch.testing.assert_close(finish(x, with_)[0], expected.clamp(-0.5, 0.5))


def test_colours_are_of_the_values_before_the_next_styles() -> None:
    x, with_ = values(2, 5, 6, 6), plain()
    before, nothing = finish(x, with_)
    styled, colours = finish(x, replace(with_, styles=some(2, 5), rgb=some(2, 3, 5)))
    assert nothing is None
    assert colours is not None
    assert colours.shape == (2, 3, 6, 6)
    again, same = finish(x, replace(with_, rgb=torch.ones(2, 1, 5, device=DEVICE)))
    assert same is not None
    torch.testing.assert_close(again, before)
    torch.testing.assert_close(same[:, 0], before.sum(1))
    assert not torch.allclose(styled, before)


CASES: dict[str, dict[str, tuple[int, ...]]] = {
    "nothing more": {},
    "noise for all": {"noise": (1, 1, 9, 9)},
    "noise for each": {"noise": (2, 1, 9, 9)},
    "styles": {"styles": (2, 37)},
    "colours": {"rgb": (2, 3, 37)},
    "grey and styles": {"rgb": (2, 1, 37), "styles": (2, 37)},
}


@NO_TRITON
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
@pytest.mark.parametrize("clamp", [None, 0.7])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("taps", [0, 1, 3, 4, 6])
def test_the_kernel_equals_the_plain_form(dtype: torch.dtype, clamp: float | None, case: str, taps: int) -> None:
    from stylegan2.cuda.kernels import finish_by_kernel

    size_in = 9 if taps == 0 else 10
    x = values(2, 37, size_in, size_in, dtype=dtype)
    chosen = {name: some(*shape) for name, shape in CASES[case].items()}
    with_ = replace(plain(2, 37), clamp=clamp, **chosen)  # type: ignore[arg-type]
    if taps:
        with_ = replace(with_, fir=some(taps, taps), before=taps // 2, size=9)
    for made, expected in zip(finish_by_kernel(x, with_), finish(x, with_), strict=True):
        assert (made is None) == (expected is None)
        if made is not None and expected is not None:
            assert made.dtype == expected.dtype
            torch.testing.assert_close(made, expected, rtol=2e-3, atol=2e-3 if dtype is torch.float16 else 1e-4)


@NO_TRITON
def test_a_kernel_that_agrees_serves() -> None:
    assert finisher_for(torch.device(DEVICE)) is not finish


def test_without_a_working_kernel_the_plain_form_serves_and_the_log_says_why(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def disagree(candidate: object, device: object) -> None:
        raise ArithmeticError("the kernel gives other values")

    monkeypatch.setattr(finishing, "_compare", disagree)
    with caplog.at_level(logging.WARNING):
        assert finisher_for(torch.device(DEVICE)) is finish
    assert "fused kernels are not used" in caplog.text


def test_a_kernel_that_gives_other_values_is_noticed() -> None:
    def wrong(x: Tensor, with_: Finish) -> tuple[Tensor, Tensor | None]:
        return finish(x, replace(with_, bias=with_.bias + 0.1))

    finishing._compare(finish, torch.device(DEVICE))
    with pytest.raises(ArithmeticError, match="other values"):
        finishing._compare(wrong, torch.device(DEVICE))
