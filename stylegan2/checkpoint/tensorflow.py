"""NVIDIA's TensorFlow pickles: a tuple (G, D, Gs) of networks, or one generator; StyleGAN2's and stylegan2-ada's.

A network's state holds its static arguments (only those that differ from the defaults), its own variables, and its
components with theirs. The variables are laid out [kh, kw, in, out]; see `stylegan2.network` for the canonical form.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from stylegan2.checkpoint.allowed import TENSORFLOW_NETWORK, Record
from stylegan2.checkpoint.arguments import Arguments, record
from stylegan2.checkpoint.arrays import PickledArray
from stylegan2.checkpoint.canonical import RawNetwork, RawTensor, no_noise
from stylegan2.checkpoint.kernels import resample_taps
from stylegan2.checkpoint.validation import check_specs
from stylegan2.errors import UnreadableFile, UnsupportedNetwork
from stylegan2.network import LabelInput, MappingSpec, SynthesisKind, SynthesisSpec

if TYPE_CHECKING:
    from stylegan2.network import Array

STATE_VERSIONS = range(2, 6)
COMPONENTS = ("mapping", "synthesis")
IMAGES_LAST = (3, 2, 0, 1)
"""[kh, kw, in, out] -> [out, in, kh, kw]."""


def is_tensorflow(value: Any) -> bool:
    networks = value if isinstance(value, tuple | list) else [value]
    return bool(networks) and all(type(item) is Record and item.kind == TENSORFLOW_NETWORK for item in networks)


def tensorflow_network(value: Any) -> RawNetwork:
    """The generator Gs of what a TensorFlow pickle holds; a lone network is taken for Gs."""
    if isinstance(value, tuple | list) and len(value) not in (1, 3):
        raise UnsupportedNetwork(f"the file holds {len(value)} networks; three (G, D, Gs) or one are read")
    generator = value[-1] if isinstance(value, tuple | list) else value
    return _Generator(generator).read()


class _Generator:
    """One network's state, its arguments and the variables of its components, flat."""

    def __init__(self, network: Record) -> None:
        state = _state_of(network)
        self._variables: dict[str, Array] = {}
        self._collect("", state)
        values: dict[Any, Any] = {}
        for name, component in record(state.get("components", {}), "the components").items():
            if name in COMPONENTS:
                part = _state_of(component)
                self._collect(f"{name}/", part)
                values |= record(part.get("static_kwargs", {}), "the static arguments")
        # As a graph is built from a file, the network's own arguments are passed on to its components.
        self._arguments = Arguments(values | record(state.get("static_kwargs", {}), "the static arguments"))
        self._function = state.get("build_func_name")

    def read(self) -> RawNetwork:
        self._refuse_other_kinds()
        mapping, synthesis = self._mapping_spec(), self._synthesis_spec()
        check_specs(mapping, synthesis)
        tensors = dict(self._mapping_tensors(mapping)) | dict(self._synthesis_tensors(synthesis))
        return RawNetwork(mapping, synthesis, tensors, "tensorflow")

    def _collect(self, prefix: str, state: dict[Any, Any]) -> None:
        variables = state.get("variables")
        pairs = list(variables.items()) if type(variables) is dict else variables
        if type(pairs) is not list:
            raise UnreadableFile("a network has no list of variables")
        for pair in pairs:
            if type(pair) is not tuple or len(pair) != 2 or type(pair[0]) is not str:
                raise UnreadableFile("a network's list of variables is damaged")
            name, value = pair
            # Without components of its own, a network lists their variables under their scopes.
            self._variables[prefix + name.removeprefix("G_")] = _array_of(name, value)

    def _refuse_other_kinds(self) -> None:
        names = self._variables
        if any("StyleMod" in name for name in names) or self._function == "G_style":
            raise UnsupportedNetwork("this is a network of the first StyleGAN; StyleGAN2's are read")
        if any("FromRGB" in name for name in names):
            raise UnsupportedNetwork("this is a discriminator; a generator (Gs) is needed")
        if "synthesis/4x4/Conv/mod_weight" not in names:
            raise UnsupportedNetwork("this network is not a StyleGAN2 generator")

    def _mapping_spec(self) -> MappingSpec:
        arguments = self._arguments
        label_dim = arguments.size("label_size", 0)
        if not label_dim:
            label_input = LabelInput.NONE
        elif "mapping/LabelEmbed/weight" in self._variables:
            label_input = LabelInput.EMBED
        else:
            label_input = LabelInput.CONCAT
        return MappingSpec(
            z_dim=arguments.size("latent_size", 512, at_least=1),
            w_dim=arguments.size("dlatent_size", 512, at_least=1),
            layers=arguments.size("mapping_layers", 8),
            label_dim=label_dim,
            label_input=label_input,
            lr_multiplier=float(arguments.number("mapping_lrmul", 0.01)),
            activation=arguments.text("mapping_nonlinearity", "lrelu"),
            normalize_z=arguments.flag("normalize_latents", True),
        )

    def _synthesis_spec(self) -> SynthesisSpec:
        arguments = self._arguments
        return SynthesisSpec(
            resolution=arguments.size("resolution", 1024, at_least=4),
            w_dim=arguments.size("dlatent_size", 512, at_least=1),
            image_channels=arguments.size("num_channels", 3, at_least=1),
            kind=self._kind(),
            activation=arguments.text("nonlinearity", "lrelu"),
            resample_kernel=resample_taps(arguments.values.get("resample_kernel", [1, 3, 3, 1])),
            conv_clamp=arguments.optional_number("conv_clamp"),
        )

    def _kind(self) -> SynthesisKind:
        if "synthesis/ToRGB_lod0/weight" not in self._variables:
            architecture = self._arguments.text("architecture", "skip")
            if architecture not in ("skip", "resnet", "orig"):
                raise UnsupportedNetwork(f"synthesis architecture {architecture!r} is not skip, resnet or orig")
            return SynthesisKind(architecture)
        lod = self._variables.get("synthesis/lod")
        fixed = self._arguments.values.get("structure") == "fixed"
        if lod is not None and lod.size == 1 and lod.item() != 0 and not fixed:
            raise UnsupportedNetwork("this network was still growing when it was saved; it makes no full-size images")
        return SynthesisKind.REVISED

    def _mapping_tensors(self, spec: MappingSpec) -> Iterator[tuple[str, RawTensor]]:
        yield "mapping.w_avg", self._tensor("dlatent_avg", 1)
        if spec.label_input is LabelInput.CONCAT:
            yield "mapping.label.weight", self._tensor("mapping/LabelConcat/weight", 2, (1, 0))
        if spec.label_input is LabelInput.EMBED:
            yield "mapping.label.weight", self._tensor("mapping/LabelEmbed/weight", 2, (1, 0))
            yield "mapping.label.bias", self._tensor("mapping/LabelEmbed/bias", 1)
        for layer in range(spec.layers):
            yield f"mapping.{layer}.weight", self._tensor(f"mapping/Dense{layer}/weight", 2, (1, 0))
            yield f"mapping.{layer}.bias", self._tensor(f"mapping/Dense{layer}/bias", 1)

    def _synthesis_tensors(self, spec: SynthesisSpec) -> Iterator[tuple[str, RawTensor]]:
        const = self._tensor("synthesis/4x4/Const/const", 4)
        yield "synthesis.const", RawTensor(const.array[0])
        for resolution in spec.block_resolutions:
            source = f"synthesis/{resolution}x{resolution}"
            block = f"synthesis.{resolution}"
            if resolution > 4:
                yield from self._layer(f"{source}/Conv0_up", f"{block}.conv0", resolution)
            conv1 = "Conv" if resolution == 4 else "Conv1"
            yield from self._layer(f"{source}/{conv1}", f"{block}.conv1", resolution)
            if spec.kind is SynthesisKind.RESNET and resolution > 4:
                yield f"{block}.skip.weight", self._tensor(f"{source}/Skip/weight", 4, IMAGES_LAST)
            if spec.kind is SynthesisKind.SKIP or resolution == spec.resolution:
                revised = spec.kind is SynthesisKind.REVISED
                to_rgb = "synthesis/ToRGB_lod0" if revised else f"{source}/ToRGB"
                yield from self._modulated(to_rgb, f"{block}.torgb")

    def _layer(self, source: str, target: str, resolution: int) -> Iterator[tuple[str, RawTensor]]:
        yield from self._modulated(source, target)
        if self._arguments.flag("use_noise", True):
            index = 2 * (resolution.bit_length() - 1) - (5 if target.endswith(".conv0") else 4)
            noise = self._tensor(f"synthesis/noise{index}", 4)
            yield f"{target}.noise_const", RawTensor(noise.array[0, 0])
            yield f"{target}.noise_strength", self._tensor(f"{source}/noise_strength", 0)
        else:
            yield from no_noise(target, resolution)

    def _modulated(self, source: str, target: str) -> Iterator[tuple[str, RawTensor]]:
        yield f"{target}.weight", self._tensor(f"{source}/weight", 4, IMAGES_LAST)
        yield f"{target}.bias", self._tensor(f"{source}/bias", 1)
        yield f"{target}.style.weight", self._tensor(f"{source}/mod_weight", 2, (1, 0))
        # Styles start at identity: the stored bias is what is added to 1.
        yield f"{target}.style.bias", RawTensor(self._tensor(f"{source}/mod_bias", 1).array, plus=1.0)

    def _tensor(self, name: str, dimensions: int, order: tuple[int, ...] | None = None) -> RawTensor:
        array = self._variables.get(name)
        if array is None:
            raise UnreadableFile(f"variable {name} is missing")
        if array.ndim != dimensions or (dimensions and 0 in array.shape):
            raise UnreadableFile(f"variable {name} has shape {array.shape}")
        return RawTensor(array if order is None else array.transpose(order))


def _state_of(network: Any) -> dict[Any, Any]:
    if type(network) is not Record or network.kind != TENSORFLOW_NETWORK:
        raise UnreadableFile("a network's component is no network")
    state = record(network.state, "a network's state")
    version = state.get("version", STATE_VERSIONS.start)
    if type(version) is not int or version not in STATE_VERSIONS:
        raise UnsupportedNetwork("the network's state is of a version that is not known")
    return state


def _array_of(name: str, value: Any) -> "Array":
    if type(value) is PickledArray and value.array is not None:
        return value.array
    if type(value) in (int, float, bool):
        return np.array(value, dtype=np.float64)
    raise UnreadableFile(f"variable {name[:80]} holds no numbers")
