"""What is computed again in the backward pass: the same gradients bit for bit, from less that is kept."""

import copy

import pytest
import torch
from torch import nn

from modeling_audio_reasoner import AudioReasonerConfig
from modeling_audio_reasoner.encoder_audio_reasoner import AudioReasonerEncoder
from modeling_audio_reasoner.recomputation_audio_reasoner import activated, computed_again, normalised


WIDTH, INNER = 32, 128


@pytest.fixture
def encoder():
    """Two layers, in training, and a function that encodes three windows of two lengths."""
    audio = {"d_model": WIDTH, "encoder_layers": 2, "encoder_attention_heads": 4, "encoder_ffn_dim": INNER}
    config = AudioReasonerConfig(audio | {"num_mel_bins": 8}, {"model_type": "qwen2", "vocab_size": 16}, 3)
    config.audio_config._attn_implementation = "sdpa"
    torch.manual_seed(0)
    net = AudioReasonerEncoder(config.audio_config).train()
    features = torch.randn(3, 8, 120)
    mask = torch.ones(3, 120, dtype=torch.long)
    mask[1:, 90:] = 0
    return net, lambda net: net(features, mask).last_hidden_state


def gradients(net, encode) -> dict[str, torch.Tensor]:
    net.zero_grad()
    encode(net).square().sum().backward()
    return {name: weight.grad.clone() for name, weight in net.named_parameters() if weight.grad is not None}


def without_it(monkeypatch) -> None:
    """Every context does nothing."""
    monkeypatch.setattr(torch._C._autograd, "_saved_tensors_hooks_is_enabled", lambda: False)


def test_gradients_are_the_same_bit_for_bit(encoder, monkeypatch):
    net, encode = encoder
    found = gradients(net, encode)
    without_it(monkeypatch)
    expected = gradients(net, encode)
    assert found.keys() == expected.keys() and len(found) > 20
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_what_is_not_kept(monkeypatch):
    """What the norm and GELU gave, each of which a linear layer's backward pass wants."""
    norm, first, second = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
    hidden = torch.randn(64, WIDTH, requires_grad=True)

    def layer() -> torch.Tensor:
        output, read = normalised(norm, hidden)
        with read:
            inner = first(output)
        inner, read = activated(nn.functional.gelu, inner)
        with read:
            return second(inner)

    def computed(output: torch.Tensor) -> list[str]:
        """The nodes of the graph that hold a function in place of a tensor."""
        found, nodes = [], [output.grad_fn]
        while nodes:
            node = nodes.pop()
            held = [getattr(node, name) for name in dir(node) if name.startswith("_raw_saved_")]
            found += [node.name() for one in held if callable(getattr(one, "data", None))]
            nodes.extend(parent for parent, _ in node.next_functions if parent is not None)
        return found

    assert computed(layer()) == ["AddmmBackward0", "AddmmBackward0"]
    without_it(monkeypatch)
    assert computed(layer()) == []


def test_gradient_checkpointing_goes_on_as_it_was(encoder):
    """Both together would keep what checkpointing throws away."""
    net, encode = encoder
    expected = gradients(net, encode)
    checkpointed = copy.deepcopy(net)
    checkpointed.gradient_checkpointing_enable({"use_reentrant": False})
    found = gradients(checkpointed, encode)
    assert all(torch.equal(found[name], expected[name]) for name in expected)


@pytest.mark.parametrize("activation", [nn.functional.relu, nn.SiLU()])
def test_other_activations_are_kept(activation):
    inner = torch.randn(4, 4, requires_grad=True)
    output, read = activated(activation, inner)
    with read:
        assert torch._C._autograd._top_saved_tensors_default_hooks(False) is None
    assert torch.equal(output, activation(inner))


def test_hooks_of_others_are_left_alone():
    """Activation offloading looks after all that is kept: it goes on seeing it."""
    value = torch.randn(4, requires_grad=True) * 2
    seen = []
    offloading = torch.autograd.graph.saved_tensors_hooks(
        lambda kept: seen.append(kept.shape) or kept, lambda kept: kept
    )
    with offloading, computed_again(value, lambda: value.detach()):
        (value * value).sum().backward()
    assert seen == [(4,), (4,)]


def test_contexts_are_nested_and_only_their_own_tensor_is_computed():
    first, second = (torch.randn(4, requires_grad=True) * 2 for _ in range(2))
    other = torch.randn(4)
    asked = []
    values = {"first": first.detach().clone(), "second": second.detach().clone()}

    def compute(name: str):
        return lambda: asked.append(name) or values[name]

    with computed_again(first, compute("first")), computed_again(second, compute("second")):
        total = (first * second * other).sum()
    assert asked == []
    total.backward()
    assert sorted(asked) == ["first", "second"]


def test_nothing_is_done_without_gradients():
    value = torch.ones(2)
    with computed_again(value, lambda: pytest.fail("asked for")):
        assert torch._C._autograd._top_saved_tensors_default_hooks(False) is None
    with torch.no_grad(), computed_again(value.requires_grad_(), lambda: pytest.fail("asked for")):
        assert torch._C._autograd._top_saved_tensors_default_hooks(False) is None
