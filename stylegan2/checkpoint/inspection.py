"""What is in a file, for people and for programs, with no engine started."""

from pathlib import Path

from stylegan2.checkpoint.archive import write_network
from stylegan2.checkpoint.reader import read_network
from stylegan2.network import LabelInput, Network, NetworkDescription


def describe_network(name: str, path: Path) -> NetworkDescription:
    """What callers need to know of the network in a file. Raises UnreadableFile and UnsupportedNetwork."""
    return description_of(read_network(path), name, path)


def description_of(network: Network, name: str, path: Path) -> NetworkDescription:
    """The same of a network that was read from ``path``."""
    return NetworkDescription(
        name=name,
        path=str(path),
        sha256=network.sha256,
        z_dim=network.mapping.z_dim,
        w_dim=network.mapping.w_dim,
        num_ws=network.synthesis.num_ws,
        resolution=network.synthesis.resolution,
        image_channels=network.synthesis.image_channels,
        label_dim=network.mapping.label_dim,
        w_avg=network.w_avg,
    )


def convert(source: Path, target: Path, *, half: bool = False) -> Network:
    """Read any file and write it as safetensors; returns the network that was written.

    The new file has a sha256 of its own: directions that name the old one want their own conversion.
    """
    network = read_network(source)
    write_network(network, target, half=half)
    return network


def inspect_text(path: Path) -> str:
    """Architecture, sizes and every tensor of a file, as lines to print."""
    network = read_network(path)
    facts = _facts(network, path)
    width = max(len(name) for name, _ in facts)
    lines = [f"{name:<{width}}  {value}" for name, value in facts]
    return "\n".join([*lines, "", *_table(network)])


def _facts(network: Network, path: Path) -> list[tuple[str, str]]:
    mapping, synthesis = network.mapping, network.synthesis
    clamp = "" if synthesis.conv_clamp is None else f", clamped to ±{synthesis.conv_clamp:g}"
    taps = " ".join(f"{tap:g}" for tap in synthesis.resample_kernel)
    return [
        ("file", path.name),
        ("format", network.source_format),
        ("sha256", network.sha256),
        ("architecture", f"StyleGAN2, {synthesis.kind.value}"),
        ("resolution", f"{synthesis.resolution}x{synthesis.resolution}, {synthesis.image_channels} channels"),
        ("latents", f"z {mapping.z_dim}, w {mapping.w_dim}, {synthesis.num_ws} layers of w"),
        ("labels", _labels(network)),
        ("mapping", f"{mapping.layers} layers, {mapping.activation}, learning rate x{mapping.lr_multiplier:g}"),
        ("synthesis", f"{synthesis.activation}{clamp}, resampling kernel {taps}"),
        ("parameters", f"{network.parameter_count:,}"),
    ]


def _labels(network: Network) -> str:
    mapping = network.mapping
    if mapping.label_input is LabelInput.NONE:
        return "none"
    return f"{mapping.label_dim} classes ({mapping.label_input.value})"


def _table(network: Network) -> list[str]:
    width = max(len(name) for name in network.tensors)
    return [
        f"{name:<{width}}  {'x'.join(map(str, array.shape)) or 'number':>16}  {array.size:>11,}"
        for name, array in network.tensors.items()
    ]
