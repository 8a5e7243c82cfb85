"""torch's tensors as plain arrays, without torch.

A pickled module holds each storage as bytes that ``torch.storage._load_from_bytes`` would unpickle, unrestricted: a
magic number, a version, a description of the machine, the storage and its keys, five pickles in a row; then, for
each key, a length and raw values.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from stylegan2.checkpoint.arrays import PickledArray, refuse_call, shape_of
from stylegan2.checkpoint.machine import Allowance, Global
from stylegan2.checkpoint.opcodes import run_pickle
from stylegan2.errors import UnreadableFile

if TYPE_CHECKING:
    from stylegan2.network import Array

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
FORMAT_VERSION = 1001
COUNT_BYTES = 8

ELEMENT_TYPES = {
    "torch DoubleStorage": "<f8",
    "torch FloatStorage": "<f4",
    "torch HalfStorage": "<f2",
    "torch BFloat16Storage": "<u2",  # skipped over: as weights, integers are refused
    "torch LongStorage": "<i8",
    "torch IntStorage": "<i4",
    "torch ShortStorage": "<i2",
    "torch CharStorage": "i1",
    "torch ByteStorage": "u1",
    "torch BoolStorage": "?",
}


STORAGE_GLOBALS = dict.fromkeys(ELEMENT_TYPES, refuse_call)


class Storage:
    """One storage's values, flat."""

    def __init__(self, values: "Array") -> None:
        self.values = values


def read_storage(stream: bytes | memoryview, allowance: Allowance) -> Storage:
    """The one storage of a nested torch.save stream; ``allowance`` is that of the pickle which holds it."""
    data = memoryview(stream)
    position = 0
    parts = []
    for _ in range(5):
        part, position = run_pickle(data, STORAGE_GLOBALS, allowance, position=position, persistent_load=_described)
        parts.append(part)
    magic, version, machine, storage, keys = parts
    if magic != MAGIC_NUMBER or version != FORMAT_VERSION or type(storage) is not tuple:
        raise UnreadableFile("a tensor's bytes are not of torch.save's older form")
    if type(machine) is not dict or machine.get("little_endian") is not True:
        raise UnreadableFile("a tensor was saved on a big-endian machine, which is not read")
    element_type, key, count = storage
    if type(keys) is not list or len(keys) != 1 or keys[0] != key:
        raise UnreadableFile("a tensor's bytes do not hold exactly one storage")
    return Storage(_values(data[position:], np.dtype(element_type), count))


def _described(identity: Any) -> tuple[str, str, int]:
    """Element type, key and count of a persistent id ("storage", type, key, device, count[, view])."""
    plain = type(identity) is tuple and len(identity) in (5, 6) and identity[0] == "storage"
    if not plain or (len(identity) == 6 and identity[5] is not None):
        raise UnreadableFile("a tensor's bytes refer to something that is not a whole storage")
    _, storage_type, key, _, count = identity[:5]
    if type(storage_type) is not Global or type(key) is not str or type(count) is not int:
        raise UnreadableFile("a tensor's storage is described wrongly")
    return ELEMENT_TYPES[storage_type.name], key, count


def _values(data: memoryview, dtype: "np.dtype[Any]", count: int) -> "Array":
    stated = int.from_bytes(data[:COUNT_BYTES], "little", signed=True)
    present = len(data) - COUNT_BYTES
    if stated != count or count < 0 or count * dtype.itemsize != present:
        raise UnreadableFile(f"a tensor claims {count} values of {dtype}, but the file holds {present} bytes for it")
    return np.frombuffer(data, dtype, offset=COUNT_BYTES) if count else np.zeros(0, dtype)


def rebuild_tensor(
    storage: Any, offset: Any, size: Any, stride: Any, _grad: Any, _hooks: Any, _metadata: Any = None
) -> PickledArray:
    """``torch._utils._rebuild_tensor_v2``: a view of a storage, which must lie inside it and not repeat it."""
    if type(storage) is not Storage or type(offset) is not int or offset < 0:
        raise UnreadableFile("a tensor has no storage")
    values, shape, strides = storage.values, shape_of(size), shape_of(stride)
    if len(shape) != len(strides):
        raise UnreadableFile("a tensor's strides do not fit its shape")
    count = 1
    last = offset
    for length, step in zip(shape, strides, strict=True):
        count *= length
        last += (length - 1) * step
    if count == 0:
        return PickledArray(np.zeros(0, values.dtype))
    if last >= len(values) or count > len(values):
        raise UnreadableFile(f"a tensor claims shape {shape}, more than the {len(values)} values of its storage")
    steps = tuple(step * values.itemsize for step in strides)
    return PickledArray(as_strided(values[offset:], shape, steps, writeable=False))


def rebuild_parameter(tensor: Any, _grad: Any, _hooks: Any) -> PickledArray:
    """``torch._utils._rebuild_parameter``: the tensor itself."""
    if type(tensor) is not PickledArray:
        raise UnreadableFile("a parameter holds no tensor")
    return tensor
