"""NVIDIA's torch pickles: a dictionary with G, D and G_ema of stylegan2-ada-pytorch, or of stylegan3's StyleGAN2.

Of a module's state only its parameters, buffers, sub-modules and construction arguments are read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stylegan2.checkpoint.allowed import TORCH_MODULE, Record
from stylegan2.checkpoint.arguments import Arguments, record
from stylegan2.checkpoint.arrays import PickledArray
from stylegan2.checkpoint.canonical import RawNetwork, RawTensor, no_noise
from stylegan2.checkpoint.kernels import resample_taps
from stylegan2.checkpoint.validation import check_specs
from stylegan2.errors import UnreadableFile, UnsupportedNetwork
from stylegan2.network import LabelInput, MappingSpec, SynthesisKind, SynthesisSpec

if TYPE_CHECKING:
    from stylegan2.network import Array

GENERATOR_ARGUMENTS = ("z_dim", "c_dim", "w_dim", "img_resolution", "img_channels")


def is_torch(value: Any) -> bool:
    return (type(value) is dict and "G_ema" in value) or (type(value) is Record and value.kind == TORCH_MODULE)


def torch_network(value: Any) -> RawNetwork:
    """The generator G_ema of what a torch pickle holds; a lone module is taken for G_ema."""
    generator = Module.of(value["G_ema"] if type(value) is dict else value, "G_ema")
    synthesis = generator.child("synthesis")
    if "b4" not in synthesis.children:
        alias_free = "input" in synthesis.children
        kind = "an alias-free StyleGAN3 network" if alias_free else "not a StyleGAN2 generator"
        raise UnsupportedNetwork(f"this is {kind}; StyleGAN2 networks are read")
    return _Generator(generator).read()


@dataclass(frozen=True, slots=True)
class Module:
    """One module's parameters and buffers, sub-modules and construction arguments."""

    name: str
    arrays: dict[Any, Any]
    children: dict[Any, Any]
    arguments: Arguments

    @classmethod
    def of(cls, value: Any, name: str) -> "Module":
        if type(value) is not Record or value.kind != TORCH_MODULE:
            raise UnsupportedNetwork(f"{name} is not a module of stylegan2-ada-pytorch or stylegan3")
        state = record(record(value.state, name).get("state"), f"{name}'s state")
        arrays = record(state.get("_buffers"), f"{name}'s buffers") | record(
            state.get("_parameters"), f"{name}'s parameters"
        )
        given = state.get("_init_args", ())
        positional = dict(zip(GENERATOR_ARGUMENTS, given, strict=False)) if name == "G_ema" else {}
        named = record(state.get("_init_kwargs", {}), f"{name}'s arguments")
        return cls(name, arrays, record(state.get("_modules"), f"{name}'s modules"), Arguments(positional | named))

    def child(self, name: str) -> "Module":
        if name not in self.children:
            raise UnreadableFile(f"module {self.name}.{name} is missing")
        return Module.of(self.children[name], f"{self.name}.{name}")

    def array(self, name: str, dimensions: int) -> "Array":
        value = self.arrays.get(name)
        array = value.array if type(value) is PickledArray else None
        if array is None:
            raise UnreadableFile(f"tensor {self.name}.{name} is missing")
        if array.ndim != dimensions or array.size == 0:
            raise UnreadableFile(f"tensor {self.name}.{name} has shape {array.shape}")
        return array


class _Generator:
    """Reads one generator; what its layers must agree on is taken from the first and compared in the others."""

    def __init__(self, generator: Module) -> None:
        self._mapping = generator.child("mapping")
        self._arguments = Arguments({**self._mapping.arguments.values, **generator.arguments.values})
        self._synthesis = generator.child("synthesis")
        self._blocks = {
            int(name[1:]): self._synthesis.child(name)
            for name in self._synthesis.children
            if type(name) is str and name[:1] == "b" and name[1:].isdecimal() and len(name) < 6
        }

    def read(self) -> RawNetwork:
        mapping, synthesis = self._mapping_spec(), self._synthesis_spec()
        check_specs(mapping, synthesis)
        tensors = dict(self._mapping_tensors(mapping)) | dict(self._synthesis_tensors(synthesis))
        return RawNetwork(mapping, synthesis, tensors, "torch")

    def _mapping_spec(self) -> MappingSpec:
        children = self._mapping.children
        layers = sum(type(name) is str and name[:2] == "fc" and name[2:].isdecimal() for name in children)
        first = self._mapping.child("fc0").arguments if layers else Arguments({})
        label_dim = self._arguments.size("c_dim", 0)
        if "w_avg" not in self._mapping.arrays:
            raise UnsupportedNetwork("this network keeps no average w, which truncation needs")
        return MappingSpec(
            z_dim=self._arguments.size("z_dim", 512, at_least=1),
            w_dim=self._arguments.size("w_dim", 512, at_least=1),
            layers=layers,
            label_dim=label_dim,
            label_input=LabelInput.EMBED if label_dim else LabelInput.NONE,
            lr_multiplier=float(first.number("lr_multiplier", 1.0)),
            activation=first.text("activation", "linear") if layers else "lrelu",
        )

    def _synthesis_spec(self) -> SynthesisSpec:
        resolution = self._arguments.size("img_resolution", 0, at_least=4)
        last = self._block(resolution)
        layer = last.child("conv1").arguments
        architecture = last.arguments.text("architecture", "skip")
        if architecture not in ("skip", "resnet", "orig"):
            raise UnsupportedNetwork(f"synthesis architecture {architecture!r} is not skip, resnet or orig")
        return SynthesisSpec(
            resolution=resolution,
            w_dim=self._arguments.size("w_dim", 512, at_least=1),
            image_channels=self._arguments.size("img_channels", 3, at_least=1),
            kind=SynthesisKind(architecture),
            activation=layer.text("activation", "lrelu"),
            resample_kernel=resample_taps(last.arrays.get("resample_filter")),
            conv_clamp=layer.optional_number("conv_clamp"),
        )

    def _block(self, resolution: int) -> Module:
        if resolution not in self._blocks:
            raise UnreadableFile(f"module G_ema.synthesis.b{resolution} is missing")
        return self._blocks[resolution]

    def _mapping_tensors(self, spec: MappingSpec) -> Iterator[tuple[str, RawTensor]]:
        yield "mapping.w_avg", RawTensor(self._mapping.array("w_avg", 1))
        if spec.label_input is LabelInput.EMBED:
            yield from _dense(self._mapping.child("embed"), "mapping.label")
        for layer in range(spec.layers):
            module = self._mapping.child(f"fc{layer}")
            if module.arguments.number("lr_multiplier", 1.0) != spec.lr_multiplier:
                raise UnsupportedNetwork("the mapping's layers differ in their learning-rate multipliers")
            yield from _dense(module, f"mapping.{layer}")

    def _synthesis_tensors(self, spec: SynthesisSpec) -> Iterator[tuple[str, RawTensor]]:
        yield "synthesis.const", RawTensor(self._block(4).array("const", 3))
        for resolution in spec.block_resolutions:
            module, target = self._block(resolution), f"synthesis.{resolution}"
            self._check_block(module, spec)
            if resolution > 4:
                yield from _layer(module.child("conv0"), f"{target}.conv0", resolution, spec)
            yield from _layer(module.child("conv1"), f"{target}.conv1", resolution, spec)
            if spec.kind is SynthesisKind.RESNET and resolution > 4:
                skip = module.child("skip").array("weight", 4)
                yield f"{target}.skip.weight", RawTensor(_correlation(skip))
            if spec.kind is SynthesisKind.SKIP or resolution == spec.resolution:
                yield from _modulated(module.child("torgb"), f"{target}.torgb", spec)

    def _check_block(self, module: Module, spec: SynthesisSpec) -> None:
        if resample_taps(module.arrays.get("resample_filter")) != spec.resample_kernel:
            raise UnsupportedNetwork("the synthesis network's blocks differ in their resampling kernels")
        if module.arguments.text("architecture", "skip") != spec.kind.value:
            raise UnsupportedNetwork("the synthesis network's blocks differ in their architectures")


def _dense(module: Module, target: str) -> Iterator[tuple[str, RawTensor]]:
    yield f"{target}.weight", RawTensor(module.array("weight", 2))
    yield f"{target}.bias", RawTensor(module.array("bias", 1))


def _layer(module: Module, target: str, resolution: int, spec: SynthesisSpec) -> Iterator[tuple[str, RawTensor]]:
    if module.arguments.text("activation", "lrelu") != spec.activation:
        raise UnsupportedNetwork("the synthesis network's layers differ in their non-linearities")
    yield from _modulated(module, target, spec)
    if module.arguments.flag("use_noise", True):
        yield f"{target}.noise_const", RawTensor(module.array("noise_const", 2))
        yield f"{target}.noise_strength", RawTensor(module.array("noise_strength", 0))
    else:
        yield from no_noise(target, resolution)


def _modulated(module: Module, target: str, spec: SynthesisSpec) -> Iterator[tuple[str, RawTensor]]:
    if module.arguments.optional_number("conv_clamp") != spec.conv_clamp:
        raise UnsupportedNetwork("the synthesis network's layers differ in their clamps")
    weight = module.array("weight", 4)
    up_sampled = target.endswith(".conv0")
    yield f"{target}.weight", RawTensor(_correlation(weight) if up_sampled else weight)
    yield f"{target}.bias", RawTensor(module.array("bias", 1))
    style = module.child("affine")
    yield f"{target}.style.weight", RawTensor(style.array("weight", 2))
    yield f"{target}.style.bias", RawTensor(style.array("bias", 1))


def _correlation(weight: "Array") -> "Array":
    """torch's files store the kernels of up-sampling layers flipped, as those of a transposed convolution."""
    return weight[:, :, ::-1, ::-1]
