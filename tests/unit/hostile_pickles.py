"""Pickles that ask for harm, as hypothesis makes them: any dangerous call, in any structure, in any protocol."""

import builtins
import importlib
import os
import pickle
import shutil
import socket
import struct
import subprocess
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

TOUCHED = "touched-by-a-pickle"

CALLS: tuple[tuple[Callable[..., Any], tuple[Any, ...]], ...] = (
    (os.system, (f"touch {TOUCHED}",)),
    (builtins.eval, (f"open({TOUCHED!r}, 'w')",)),
    (builtins.exec, (f"open({TOUCHED!r}, 'w')",)),
    (builtins.open, (TOUCHED, "w")),
    (builtins.getattr, ({}, "get")),
    (builtins.compile, ("1", "x", "eval")),
    (builtins.bytearray, (10**10,)),
    (importlib.import_module, ("antigravity",)),
    (os.unlink, (TOUCHED,)),
    (shutil.rmtree, (TOUCHED,)),
    (socket.create_connection, (("127.0.0.1", 9),)),
    (subprocess.Popen, (["touch", TOUCHED],)),
    (pickle.loads, (b"\x80\x04N.",)),
)


class Call:
    """Pickled as a call."""

    def __init__(self, call: tuple[Callable[..., Any], tuple[Any, ...]], then: Any = None) -> None:
        self._call = call
        self._then = then

    def __reduce__(self) -> tuple[Any, ...]:
        return (*self._call, self._then) if self._then is not None else self._call


def dumped(value: Any, protocol: int) -> bytes:
    return pickle.dumps(value, protocol=protocol)


def in_a_storage(stream: bytes) -> bytes:
    load = b"\x8c\x0dtorch.storage\x8c\x10_load_from_bytes\x93"
    return b"\x80\x04" + load + b"B" + struct.pack("<I", len(stream)) + stream + b"\x85R."


_calls = st.builds(Call, st.sampled_from(CALLS), st.none() | st.just({"state": 1}))
_plain = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=8) | st.binary(max_size=300)
_names = st.sampled_from(["G_ema", "G", "_modules", "_parameters", "state", "variables", "components", "version"])
_values = st.recursive(
    _plain | _calls,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, min_size=3, max_size=3).map(tuple)
        | st.dictionaries(_names | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)
_around = st.sampled_from(
    [lambda value, call: (value, value, call), lambda value, call: {"G_ema": call, "x": value}, lambda _, call: call]
)

HOSTILE_PICKLES = st.builds(
    lambda around, value, call, protocol, nested: (
        in_a_storage(dumped(around(value, call), protocol)) if nested else dumped(around(value, call), protocol)
    ),
    _around,
    _values,
    _calls,
    st.integers(0, pickle.HIGHEST_PROTOCOL),
    st.booleans(),
)
"""Bytes; each holds at least one call."""
