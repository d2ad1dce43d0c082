"""Layers for few positions against torch's own."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.autograd import forward_ad

from modeling_audio_reasoner import linear_audio_reasoner
from modeling_audio_reasoner.linear_audio_reasoner import FEW_ROWS, AudioReasonerConv1d, AudioReasonerLinear


needs_both = pytest.mark.skipif(
    not (torch.backends.mkl.is_available() and torch.backends.mkldnn.is_available()),
    reason="this torch has not both MKL and oneDNN",
)


@pytest.fixture
def through_onednn(monkeypatch) -> list[torch.Size]:
    """Shapes of what goes through oneDNN."""
    taken: list[torch.Size] = []
    product = linear_audio_reasoner._onednn

    def counted(rows, weight, bias):
        taken.append(rows.shape)
        return product(rows, weight, bias)

    monkeypatch.setattr(linear_audio_reasoner, "_onednn", counted)
    return taken


def layers(kind: str, bias: bool = True) -> tuple[nn.Module, nn.Module]:
    """Ours and torch's with the same weights."""
    if kind == "linear":
        ours, stock = AudioReasonerLinear(24, 40, bias=bias), nn.Linear(24, 40, bias=bias)
    else:
        shape = {"kernel_size": 3, "stride": int(kind[-1]), "padding": 1}
        ours, stock = AudioReasonerConv1d(24, 40, **shape), nn.Conv1d(24, 40, **shape)
    stock.load_state_dict(ours.state_dict())
    return ours, stock


def example(kind: str, batch: int, length: int) -> torch.Tensor:
    values = torch.randn(batch, length, 24, generator=torch.Generator().manual_seed(length))
    return values if kind == "linear" else values.transpose(1, 2)


@needs_both
@pytest.mark.parametrize(
    ("kind", "bias"),
    [("linear", True), ("linear", False), ("convolution of stride 1", True), ("convolution of stride 2", True)],
)
@pytest.mark.parametrize(("batch", "length"), [(1, 1), (1, 2), (3, 7), (1, FEW_ROWS), (2, FEW_ROWS // 2)])
def test_few_rows_give_the_same(through_onednn, kind, bias, batch, length):
    ours, stock = layers(kind, bias)
    with torch.no_grad():
        torch.testing.assert_close(ours(example(kind, batch, length)), stock(example(kind, batch, length)))
    assert len(through_onednn) == 1


@pytest.mark.parametrize("kind", ["linear", "convolution of stride 1"])
def test_what_onednn_is_not_for_goes_through_torch(through_onednn, kind):
    ours, stock = layers(kind)
    few, many = example(kind, 1, 5), example(kind, 1, FEW_ROWS + 1)
    with torch.no_grad():
        assert torch.equal(ours(many), stock(many))
        assert torch.equal(ours(few[:0]), stock(few[:0])), "nothing at all"
        with torch.autocast("cpu", torch.bfloat16):
            assert ours(few).dtype == torch.bfloat16
        with torch.backends.mkldnn.flags(enabled=False):
            assert torch.equal(ours(few), stock(few))
        assert ours.bfloat16()(few.bfloat16()).dtype == torch.bfloat16
    assert not through_onednn


@pytest.mark.parametrize("kind", ["linear", "convolution of stride 2"])
def test_gradients_are_torchs(through_onednn, kind):
    ours, stock = layers(kind)
    for layer in (ours, stock):
        layer(example(kind, 1, 9)).square().sum().backward()
    torch.testing.assert_close(ours.weight.grad, stock.weight.grad)
    assert not through_onednn


@pytest.mark.parametrize(
    "options",
    [
        {"dilation": 2},
        {"groups": 2},
        {"padding_mode": "reflect", "padding": 1},
        {"padding": "same"},
        {"padding": "valid"},
    ],
    ids=str,
)
def test_convolutions_of_every_other_kind_are_torchs(through_onednn, options):
    """The signature is torch's: adapters build layers of their own by it."""
    ours, stock = AudioReasonerConv1d(4, 6, 3, bias=False, **options), nn.Conv1d(4, 6, 3, bias=False, **options)
    stock.load_state_dict(ours.state_dict())
    heard = torch.randn(2, 4, 9)
    with torch.no_grad():
        assert torch.equal(ours(heard), stock(heard))
    assert not through_onednn


def test_a_convolution_of_a_single_recording(through_onednn):
    ours, stock = layers("convolution of stride 2")
    with torch.no_grad():
        assert torch.equal(ours(torch.ones(24, 9)), stock(torch.ones(24, 9)))
    assert not through_onednn


@pytest.mark.parametrize("kind", ["linear", "convolution of stride 1"])
@pytest.mark.parametrize("width", [12, 48])
def test_another_width_is_torchs_own_error(kind, width):
    """Though 2 rows of 12 values are as many as one of 24."""
    ours, stock = layers(kind)
    wrong = torch.zeros(2, width) if kind == "linear" else torch.zeros(1, width, 2)
    with torch.no_grad():
        with pytest.raises(RuntimeError) as expected:
            stock(wrong)
        with pytest.raises(RuntimeError) as found:
            ours(wrong)
    assert str(found.value) == str(expected.value)


@pytest.mark.parametrize("kind", ["linear", "convolution of stride 1"])
def test_an_exported_or_traced_layer_takes_any_number_of_rows(kind):
    ours, stock = layers(kind)
    few, many = example(kind, 2, 20), example(kind, 2, 4 * FEW_ROWS)
    length = {1 if kind == "linear" else 2: torch.export.Dim("length", min=4, max=8 * FEW_ROWS)}
    with torch.no_grad():
        exported = torch.export.export(ours, (few,), dynamic_shapes=(length,)).module()
        traced = torch.jit.trace(ours, few)
        for found in (exported(many), traced(many)):
            torch.testing.assert_close(found, stock(many))


@pytest.mark.parametrize("kind", ["linear", "convolution of stride 1"])
def test_forward_gradients_are_taken_without_backward_ones(through_onednn, kind):
    ours, stock = layers(kind)
    value, direction = example(kind, 1, 5), example(kind, 1, 5).flip(1)
    tangents = []
    with torch.no_grad(), forward_ad.dual_level():
        for layer in (ours, stock):
            tangents.append(forward_ad.unpack_dual(layer(forward_ad.make_dual(value, direction))).tangent)
    assert tangents[1] is not None
    torch.testing.assert_close(*tangents)
    assert not through_onednn


def test_a_hook_sees_what_a_layer_gives():
    ours, _ = layers("linear")
    seen = []
    ours.register_forward_hook(lambda layer, given, result: seen.append(result))
    with torch.no_grad():
        result = ours(example("linear", 1, 3))
    assert seen[0] is result
