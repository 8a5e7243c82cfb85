"""The only names that a pickle may ask for, and the inert constructors that stand in for them."""

from collections.abc import Mapping
from typing import Any

from stylegan2.checkpoint.arrays import PickledType, from_buffer, reconstruct, refuse_call, scalar
from stylegan2.checkpoint.machine import Allowance, Constructor
from stylegan2.checkpoint.storages import Storage, read_storage, rebuild_parameter, rebuild_tensor
from stylegan2.errors import UnreadableFile

TENSORFLOW_NETWORK = "dnnlib.tflib.network Network"
TORCH_MODULE = "torch_utils.persistence _reconstruct_persistent_obj"


class Record:
    """An instance of a class that a file names: what the file says of it, and no behaviour."""

    def __init__(self, kind: str, state: Any = None) -> None:
        self.kind = kind
        self.state = state

    def build(self, state: Any) -> None:
        if self.kind != TENSORFLOW_NETWORK or self.state is not None:
            raise UnreadableFile("the pickle gives an object a second state")
        self.state = state


def numpy_globals(file_bytes: int) -> dict[str, Constructor]:
    """What arrays need, by NumPy 1 and NumPy 2, in protocols 2 to 5."""
    names: dict[str, Constructor] = {
        "numpy ndarray": refuse_call,
        "numpy dtype": PickledType,
        "_codecs encode": _latin1_encoder(_bytes_allowance(file_bytes)),
    }
    for package in ("numpy.core", "numpy._core"):
        names[f"{package}.multiarray _reconstruct"] = reconstruct
        names[f"{package}.multiarray scalar"] = scalar
        names[f"{package}.numeric _frombuffer"] = from_buffer
    return names


def network_globals(file_bytes: int, operations: Allowance) -> Mapping[str, Constructor]:
    """What NVIDIA's TensorFlow and torch pickles need. ``operations`` is what nested pickles share."""
    return {
        **numpy_globals(file_bytes),
        TENSORFLOW_NETWORK: lambda: Record(TENSORFLOW_NETWORK),
        TORCH_MODULE: lambda meta: Record(TORCH_MODULE, meta),
        "dnnlib.util EasyDict": _empty_dict,
        "collections OrderedDict": _empty_dict,
        "builtins set": _set,
        "__builtin__ set": _set,
        "torch._utils _rebuild_parameter": rebuild_parameter,
        "torch._utils _rebuild_tensor_v2": rebuild_tensor,
        "torch.storage _load_from_bytes": _storage_reader(_bytes_allowance(file_bytes), operations),
    }


def _empty_dict() -> dict[Any, Any]:
    """Its items follow, one by one and checked."""
    return {}


def _set(items: Any = ()) -> Any:
    """Sets stay what they were made from: nothing reads them, and elements need no hashing."""
    return items


def _bytes_allowance(file_bytes: int) -> Allowance:
    return Allowance(file_bytes, "uses the same bytes again and again")


def _storage_reader(allowance: Allowance, operations: Allowance) -> Constructor:
    def load_from_bytes(stream: Any) -> Storage:
        if not isinstance(stream, bytes | memoryview):
            raise UnreadableFile("a tensor's storage is not made of bytes")
        allowance.spend(len(stream))
        return read_storage(stream, operations)

    return load_from_bytes


def _latin1_encoder(allowance: Allowance) -> Constructor:
    """Protocol 2 has no byte strings and writes them as text to be encoded."""

    def encode(text: Any, encoding: Any) -> bytes:
        if type(text) is not str or type(encoding) is not str or encoding not in ("latin1", "latin-1"):
            raise UnreadableFile("the pickle encodes something other than bytes written as text")
        allowance.spend(len(text))
        try:
            return text.encode("latin-1")
        except UnicodeEncodeError as error:
            raise UnreadableFile("the pickle is damaged: text that stands for bytes is none") from error

    return encode
