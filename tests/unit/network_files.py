"""Writes random networks in NVIDIA's file formats, so that readers meet more kinds than the goldens show.

The layouts are stated here the other way round than in the readers: canonical tensors become variables and modules.
"""

import pickle
import sys
import types
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from stylegan2.network import LabelInput, MappingSpec, Network, SynthesisKind, SynthesisSpec

GOLDEN = Path(__file__).parent.parent / "golden"
FILES = ("skip32", "resnet32", "orig32", "cond32", "configd32", "ada_skip32", "ada_cond32", "sg3_skip32")
Array = np.ndarray[Any, np.dtype[Any]]

MAPPING = MappingSpec(z_dim=6, w_dim=5, layers=2)
SYNTHESIS = SynthesisSpec(resolution=16, w_dim=5)
CHANNELS = {4: 7, 8: 6, 16: 3}


def random_network(mapping: MappingSpec = MAPPING, synthesis: SynthesisSpec = SYNTHESIS, **changes: Any) -> Network:
    """A network with random tensors; ``changes`` are made to both specifications where they have such a field."""
    mapping = replace(mapping, **{name: value for name, value in changes.items() if hasattr(mapping, name)})
    synthesis = replace(synthesis, **{name: value for name, value in changes.items() if hasattr(synthesis, name)})
    random = np.random.RandomState(1)
    tensors = {name: np.asarray(random.randn(*shape), np.float32) for name, shape in _shapes(mapping, synthesis)}
    return Network(mapping, synthesis, tensors, "made up", "0" * 64)


def _shapes(mapping: MappingSpec, synthesis: SynthesisSpec) -> Iterator[tuple[str, tuple[int, ...]]]:
    features = mapping.z_dim
    yield "mapping.w_avg", (mapping.w_dim,)
    if mapping.label_input is not LabelInput.NONE:
        yield "mapping.label.weight", (features, mapping.label_dim)
        if mapping.label_input is LabelInput.EMBED:
            yield "mapping.label.bias", (features,)
        features *= 2
    for layer in range(mapping.layers):
        outputs = mapping.w_dim if layer == mapping.layers - 1 else 9
        yield f"mapping.{layer}.weight", (outputs, features)
        yield f"mapping.{layer}.bias", (outputs,)
        features = outputs
    inputs = CHANNELS[4]
    yield "synthesis.const", (inputs, 4, 4)
    for size in synthesis.block_resolutions:
        outputs = CHANNELS.get(size, 2)
        layers = (
            {"conv1": (outputs, outputs)} if size == 4 else {"conv0": (outputs, inputs), "conv1": (outputs, outputs)}
        )
        for name, channels in layers.items():
            yield from _modulated(f"synthesis.{size}.{name}", channels, 3, synthesis.w_dim)
            yield f"synthesis.{size}.{name}.noise_const", (size, size)
            yield f"synthesis.{size}.{name}.noise_strength", ()
        if synthesis.kind is SynthesisKind.SKIP or size == synthesis.resolution:
            yield from _modulated(f"synthesis.{size}.torgb", (synthesis.image_channels, outputs), 1, synthesis.w_dim)
        if synthesis.kind is SynthesisKind.RESNET and size > 4:
            yield f"synthesis.{size}.skip.weight", (outputs, inputs, 1, 1)
        inputs = outputs


def _modulated(name: str, channels: tuple[int, int], kernel: int, w_dim: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (*channels, kernel, kernel)
    yield f"{name}.bias", channels[:1]
    yield f"{name}.style.weight", (channels[1], w_dim)
    yield f"{name}.style.bias", channels[1:]


def tensorflow_variables(network: Network) -> dict[str, Array]:
    """The variables that NVIDIA's TensorFlow code would have, under "mapping/", "synthesis/" and none."""
    variables: dict[str, Array] = {"lod": np.float32(0)}  # type: ignore[dict-item]
    for name, tensor in network.tensors.items():
        variables.update([_variable(name, tensor, network)])
    return variables


def _variable(name: str, tensor: Array, network: Network) -> tuple[str, Array]:
    if name.startswith("mapping."):
        return _mapping_variable(name, tensor, network.mapping)
    if name == "synthesis.const":
        return "synthesis/4x4/Const/const", tensor[None]
    size, layer, leaf = name.removeprefix("synthesis.").split(".", 2)
    if leaf == "noise_const":
        index = 2 * int(np.log2(int(size))) - (5 if layer == "conv0" else 4)
        return f"synthesis/noise{index}", tensor[None, None]
    scope = {"conv0": "Conv0_up", "conv1": "Conv" if size == "4" else "Conv1", "torgb": "ToRGB", "skip": "Skip"}[layer]
    prefix = f"synthesis/{size}x{size}/{scope}/"
    if network.synthesis.kind is SynthesisKind.REVISED and layer == "torgb":
        prefix = "synthesis/ToRGB_lod0/"
    if leaf == "weight":
        return f"{prefix}weight", np.einsum("oihw->hwio", tensor)
    if leaf == "style.weight":
        return f"{prefix}mod_weight", tensor.T
    if leaf == "style.bias":
        return f"{prefix}mod_bias", tensor - np.float32(1)
    return f"{prefix}{leaf}", tensor


def _mapping_variable(name: str, tensor: Array, mapping: MappingSpec) -> tuple[str, Array]:
    if name == "mapping.w_avg":
        return "dlatent_avg", tensor
    _, layer, leaf = name.split(".")
    label = "LabelEmbed" if mapping.label_input is LabelInput.EMBED else "LabelConcat"
    return f"mapping/{label if layer == 'label' else f'Dense{layer}'}/{leaf}", tensor.T


def tensorflow_state(variables: dict[str, Array], **static_kwargs: Any) -> dict[str, Any]:
    """A version-4 state: own variables at the top, components below."""
    components = {}
    for component in ("synthesis", "mapping"):
        prefix = f"{component}/"
        own = [(name.removeprefix(prefix), value) for name, value in variables.items() if name.startswith(prefix)]
        components[component] = network_object(_state(f"G_{component}", own, {}, static_kwargs))
    top = [(name, value) for name, value in variables.items() if "/" not in name]
    return _state("G_main", top, components, static_kwargs)


def _state(function: str, variables: list[Any], components: dict[str, Any], static_kwargs: Any) -> dict[str, Any]:
    return {
        "version": 4,
        "name": "Gs",
        "static_kwargs": dict(static_kwargs),
        "components": components,
        "build_module_src": "raise SystemExit('the source in a network must not run')",
        "build_func_name": function,
        "variables": variables,
    }


def static_kwargs(network: Network, **more: Any) -> dict[str, Any]:
    """The static arguments that describe a network's sizes."""
    mapping, synthesis = network.mapping, network.synthesis
    return {
        "resolution": synthesis.resolution,
        "num_channels": synthesis.image_channels,
        "label_size": mapping.label_dim,
        "latent_size": mapping.z_dim,
        "dlatent_size": mapping.w_dim,
        "mapping_layers": mapping.layers,
        **more,
    }


class _Tensorflow:
    pass


class _EasyDict(dict[str, Any]):
    pass


class Persistent:
    """Pickled as stylegan2-ada-pytorch's persistence does: a function and a dictionary."""

    def __init__(self, meta: dict[str, Any]) -> None:
        self.meta = meta

    def __reduce__(self) -> tuple[Any, ...]:
        return _reconstruct_persistent_obj, (self.meta,)


def _reconstruct_persistent_obj(meta: Any) -> Any:
    raise AssertionError("nothing in a file is ever run")


def network_object(state: dict[str, Any]) -> Any:
    network = _Tensorflow()
    network.__dict__.update(state)
    return network


NAMES: dict[str, Any] = {
    "dnnlib.tflib.network Network": _Tensorflow,
    "dnnlib.util EasyDict": _EasyDict,
    "torch_utils.persistence _reconstruct_persistent_obj": _reconstruct_persistent_obj,
}


def dump(value: Any, path: Path, protocol: int = 4) -> Path:
    """Pickle under NVIDIA's names."""
    with _known_as_nvidias():
        path.write_bytes(pickle.dumps(value, protocol=protocol))
    return path


@contextmanager
def _known_as_nvidias() -> Iterator[None]:
    """pickle only writes names that can be imported; so they can be, for a moment."""
    packages = ("dnnlib", "dnnlib.tflib", "torch_utils")
    made_up = dict.fromkeys([*packages, *(full_name.split()[0] for full_name in NAMES)])
    sys.modules.update({name: types.ModuleType(name) for name in made_up})
    for full_name, value in NAMES.items():
        module_name, name = full_name.split()
        setattr(sys.modules[module_name], name, value)
        value.__module__, value.__qualname__, value.__name__ = module_name, name, name
    try:
        yield
    finally:
        for name in made_up:
            del sys.modules[name]


def easy_dict(**values: Any) -> Any:
    return _EasyDict(values)


def torch_generator(network: Network, **layer_kwargs: Any) -> Persistent:
    """The G_ema of a network whose labels are embedded. ``layer_kwargs`` are given to every synthesis layer."""
    import torch

    mapping, synthesis = network.mapping, network.synthesis

    def tensors(prefix: str, *leaves: str) -> dict[str, Any]:
        names = {leaf: f"{prefix}.{leaf}" for leaf in leaves}
        return {leaf: torch.tensor(network.tensors[name]) for leaf, name in names.items() if name in network.tensors}

    def layer(name: str) -> Persistent:
        own = tensors(name, "weight", "bias", "noise_const", "noise_strength")
        if name.endswith("conv0"):
            own["weight"] = own["weight"].flip([2, 3])
        affine = module("FullyConnectedLayer", tensors(f"{name}.style", "weight", "bias"), {}, {"bias_init": 1})
        arguments = {} if name.endswith("torgb") else layer_kwargs
        return module("SynthesisLayer", own, {"affine": affine}, {"conv_clamp": synthesis.conv_clamp, **arguments})

    taps = torch.tensor(synthesis.resample_kernel)
    taps = taps / taps.sum()
    blocks = {}
    for size in synthesis.block_resolutions:
        names = [name for name in ("conv0", "conv1", "torgb") if f"synthesis.{size}.{name}.weight" in network.tensors]
        children = {name: layer(f"synthesis.{size}.{name}") for name in names}
        own = {"resample_filter": taps if len(taps) >= 8 else taps.outer(taps)}
        if size == 4:
            own |= tensors("synthesis", "const")
        if skip := tensors(f"synthesis.{size}.skip", "weight"):
            children["skip"] = module("Conv2dLayer", {"weight": skip["weight"].flip([2, 3])}, {}, {})
        blocks[f"b{size}"] = module("SynthesisBlock", own, children, {"architecture": synthesis.kind.value})
    dense = {"activation": mapping.activation, "lr_multiplier": mapping.lr_multiplier}
    layers = {
        f"fc{layer}": module("FullyConnectedLayer", tensors(f"mapping.{layer}", "weight", "bias"), {}, dense)
        for layer in range(mapping.layers)
    }
    if mapping.label_dim:
        layers["embed"] = module("FullyConnectedLayer", tensors("mapping.label", "weight", "bias"), {}, {})
    parts = {
        "synthesis": module("SynthesisNetwork", {}, blocks, {}),
        "mapping": module("MappingNetwork", tensors("mapping", "w_avg"), layers, {}),
    }
    sizes = {"z_dim": mapping.z_dim, "c_dim": mapping.label_dim, "w_dim": mapping.w_dim}
    image = {"img_resolution": synthesis.resolution, "img_channels": synthesis.image_channels}
    return module("Generator", {}, parts, {**sizes, **image, "synthesis_kwargs": easy_dict(channel_base=512)})


def module(name: str, tensors: dict[str, Any], children: dict[str, Any], init_kwargs: dict[str, Any]) -> Persistent:
    """A torch module as it is pickled; tensors whose name is a buffer's go to the buffers."""
    buffers = {key for key in tensors if key in ("w_avg", "resample_filter", "noise_const")}
    state = {
        "training": False,
        "_parameters": {key: value for key, value in tensors.items() if key not in buffers},
        "_buffers": {key: tensors[key] for key in tensors if key in buffers},
        "_non_persistent_buffers_set": set(),
        "_forward_hooks": OrderedDict(),
        "_modules": children,
        "_init_args": (),
        "_init_kwargs": init_kwargs,
    }
    return Persistent(
        {"type": "class", "version": 6, "module_src": "raise SystemExit", "class_name": name, "state": state}
    )
