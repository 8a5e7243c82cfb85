"""One door for every file: tell the format, read it, name what is wrong with it."""

from pathlib import Path

from stylegan2.checkpoint.allowed import network_globals
from stylegan2.checkpoint.archive import is_safetensors, parse_network
from stylegan2.checkpoint.canonical import to_network
from stylegan2.checkpoint.files import read_file
from stylegan2.checkpoint.machine import operations_allowance
from stylegan2.checkpoint.modules import is_torch, torch_network
from stylegan2.checkpoint.opcodes import run_pickle
from stylegan2.checkpoint.storages import MAGIC_NUMBER
from stylegan2.checkpoint.tensorflow import is_tensorflow, tensorflow_network
from stylegan2.errors import StyleGanError, UnreadableFile, UnsupportedNetwork
from stylegan2.network import Network


def read_network(path: Path) -> Network:
    """The generator that a file holds: NVIDIA's TensorFlow or torch pickle, or our safetensors.

    No code of the file is run, and memory stays within a few times the file's size. Raises UnreadableFile (not there,
    damaged, of another kind, absurd claims, asks for code) and UnsupportedNetwork (read, but no StyleGAN2 generator).
    """
    content, sha256 = read_file(path)
    try:
        return _parse(content, sha256)
    except StyleGanError as error:
        raise type(error)(f"{path.name}: {error}") from error
    except (MemoryError, RecursionError, OverflowError) as error:
        raise UnreadableFile(f"{path.name}: the file claims more than this machine can hold") from error


def _parse(content: bytes, sha256: str) -> Network:
    if is_safetensors(content):  # first: a header's length may begin like a pickle
        return parse_network(content, sha256)
    if content[:1] == b"\x80":
        return _parse_pickle(content, sha256)
    raise UnreadableFile(_what_it_is(content))


def _parse_pickle(content: bytes, sha256: str) -> Network:
    operations = operations_allowance()
    value, _ = run_pickle(memoryview(content), network_globals(len(content), operations), operations)
    if is_tensorflow(value):
        return to_network(tensorflow_network(value), len(content), sha256)
    if is_torch(value):
        return to_network(torch_network(value), len(content), sha256)
    if value == MAGIC_NUMBER:
        raise UnsupportedNetwork("a file of torch.save; " + _EXPORT_ADVICE)
    raise UnsupportedNetwork("the pickle holds neither (G, D, Gs) nor a dictionary with G_ema")


_EXPORT_ADVICE = "write the generator as NVIDIA's pickle or as safetensors (see `stylegan2.checkpoint.write_network`)"


def _what_it_is(content: bytes) -> str:
    if not content:
        return "the file is empty"
    if content.startswith(b"PK\x03\x04"):
        return "a zip archive (torch.save writes such); " + _EXPORT_ADVICE
    if content.lstrip()[:1] == b"<":
        return "a web page, not a network; the download may have failed"
    if content.startswith(b"version https://git-lfs"):
        return "a pointer of Git LFS, not the file itself; fetch it with `git lfs pull`"
    return "neither a pickle of protocol 2 or later nor safetensors"
