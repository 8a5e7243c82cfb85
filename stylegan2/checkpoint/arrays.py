"""NumPy's arrays, types and scalars as pickles describe them: checked against the bytes that are there, never executed.

Arrays are views of the file's bytes. Object arrays, strings and records are refused.
"""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from stylegan2.errors import UnreadableFile

if TYPE_CHECKING:
    from stylegan2.network import Array

MAX_DIMENSIONS = 8
MAX_LENGTH = 2**40
NUMBER_CODES = frozenset({"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"})


def shape_of(value: Any) -> tuple[int, ...]:
    """A tuple of plain lengths, or UnreadableFile."""
    if type(value) is not tuple or len(value) > MAX_DIMENSIONS:
        raise UnreadableFile("an array has no shape, or one of too many dimensions")
    if not all(type(length) is int and 0 <= length < MAX_LENGTH for length in value):
        raise UnreadableFile("an array's shape is not made of lengths")
    return value


def view_of(data: Any, dtype: "np.dtype[Any]", shape: tuple[int, ...], *, fortran: bool = False) -> "Array":
    """``data`` as an array; refuses a shape that does not take exactly the bytes that are there."""
    if not isinstance(data, bytes | memoryview):
        raise UnreadableFile("an array's values are not bytes (object arrays are refused)")
    if math.prod(shape) * dtype.itemsize != len(data):
        raise UnreadableFile(f"an array claims shape {shape} of {dtype}, but the file holds {len(data)} bytes for it")
    if not data:
        return np.zeros(0, dtype)
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")


class PickledType:
    """``numpy.dtype``: a number type and its byte order."""

    def __init__(self, code: Any, _align: Any = False, _copy: Any = True) -> None:
        if type(code) is not str or code not in NUMBER_CODES:
            shown = code if type(code) is str else type(code).__name__
            raise UnreadableFile(f"an array has elements of type {shown[:40]!r}; only numbers are read")
        self.dtype = np.dtype(code)

    def build(self, state: Any) -> None:
        plain = type(state) is tuple and len(state) >= 5 and state[2] is state[3] is state[4] is None
        if not plain or type(state[1]) is not str or state[1] not in tuple("<>|="):
            raise UnreadableFile("an array's element type has a state that number types do not have")
        if state[1] in "<>":
            self.dtype = np.dtype(state[1] + self.dtype.str[1:])


class PickledArray:
    """``numpy.ndarray``: empty when it is made, an array of the file's bytes once it is built."""

    def __init__(self, array: "Array | None" = None) -> None:
        self.array = array

    def build(self, state: Any) -> None:
        if type(state) is not tuple or len(state) != 5 or type(state[2]) is not PickledType:
            raise UnreadableFile("an array has a state that no NumPy writes")
        _, shape, element, fortran, data = state
        self.array = view_of(data, element.dtype, shape_of(shape), fortran=fortran is True)


def reconstruct(_type: Any, _shape: Any, _code: Any) -> PickledArray:
    """``numpy.core.multiarray._reconstruct``; the real shape follows in the state."""
    return PickledArray()


def from_buffer(data: Any, element: Any, shape: Any, order: Any, axes: Any = None) -> PickledArray:
    """``numpy.core.numeric._frombuffer``, which protocol 5 uses. With order "K" the shape is that of the bytes, and
    ``axes`` (NumPy 2) says how the array's axes follow from theirs."""
    if type(element) is not PickledType or order not in ("C", "F", "K", "A"):
        raise UnreadableFile("an array has no element type, or no order")
    array = view_of(data, element.dtype, shape_of(shape), fortran=order == "F")
    if order == "K" and axes is not None and array.size:
        if sorted(shape_of(axes)) != list(range(array.ndim)):
            raise UnreadableFile("an array's axes are not in an order")
        array = array.transpose(axes)
    return PickledArray(array)


def scalar(element: Any, data: Any) -> int | float | bool:
    """``numpy.core.multiarray.scalar``: a plain number."""
    if type(element) is not PickledType:
        raise UnreadableFile("a number has no type")
    value: int | float | bool = view_of(data, element.dtype, ()).item()
    return value


def refuse_call(*_arguments: Any) -> Any:
    """For classes that files only mention, such as ``numpy.ndarray``."""
    raise UnreadableFile("the pickle calls a class that files only mention")
