"""Files that want to run code, claim what they do not hold, or never end: refused, named, and cheap to refuse."""

import json
import os
import pickle
import resource
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from stylegan2.checkpoint import read_network
from stylegan2.directions import read_directions
from stylegan2.errors import StyleGanError, UnreadableFile
from tests.unit.network_files import GOLDEN, Persistent, dump, module

PROJECT = GOLDEN.parent.parent
PROTO = b"\x80\x04"
TOUCH = "touch-by-a-pickle"


class Calls:
    """Pickled as a call of any function."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call


CALLS = {
    "system": (Calls(os.system, f"touch {TOUCH}"), "posix.system|os.system|nt.system"),
    "open": (Calls(open, TOUCH, "w"), "open"),
    "eval": (Calls(eval, f"open({TOUCH!r}, 'w')"), "builtins.eval"),
    "getattr": (Calls(getattr, {}, "get"), "getattr"),
    "import": (Calls(__import__, "antigravity"), "__import__"),
    "subprocess": (Calls(subprocess.check_output, ["touch", TOUCH]), "subprocess.check_output"),
    "numpy load": (Calls(np.load, "anything.npy"), "numpy.load"),
    "numpy fromfile": (Calls(np.fromfile, "/etc/passwd"), "numpy.fromfile"),
    "torch load": (Calls(torch.load, "anything.pt"), "torch.serialization.load"),
    "nested loads": (Calls(pickle.loads, b"\x80\x04N."), "_pickle.loads"),
    "bytearray": (Calls(bytearray, 10**10), "builtins.bytearray"),
}


@pytest.mark.fault
@pytest.mark.parametrize("place", ["alone", "in a network", "in a module", "in directions"])
@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_refused_by_name(name: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    call, asked = CALLS[name]
    value: Any = {
        "alone": call,
        "in a network": (1, 2, call),
        "in a module": {"G_ema": module("Generator", {}, {"synthesis": call}, {})},
        "in directions": {"neutral->happy": call},
    }[place]
    path = dump(value, tmp_path / "hostile.pkl")
    with pytest.raises(UnreadableFile, match=asked):
        read_directions(path, 8, 48) if place == "in directions" else read_network(path)
    assert [item.name for item in tmp_path.iterdir()] == ["hostile.pkl"]


def _storage(stream: bytes) -> bytes:
    """A pickle that holds a nested stream as torch's modules do."""
    return (
        PROTO
        + b"\x8c\x0dtorch.storage\x8c\x10_load_from_bytes\x93"
        + b"B"
        + struct.pack("<I", len(stream))
        + stream
        + b"\x85R."
    )


def _stream(magic: bytes, storage: bytes, count: int, key: bytes = b"X\x01\x00\x00\x000") -> bytes:
    machine = b"\x80\x02}X\x0d\x00\x00\x00little_endian\x88s."
    keys = b"\x80\x02]" + key + b"a."
    return magic + b"\x80\x02M\xe9\x03." + machine + storage + keys + struct.pack("<q", count)


MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
FLOATS = b"\x80\x02(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuJ%sNtQ."


def _array(shape: bytes, data: bytes = b"C\x04abcd", code: bytes = b"\x8c\x02f4") -> bytes:
    dtype = b"\x8c\x05numpy\x8c\x05dtype\x93" + code + b"\x89\x88\x87R"
    made = b"\x8c\x15numpy.core.multiarray\x8c\x0c_reconstruct\x93NNN\x87R"
    return PROTO + made + b"(K\x01" + shape + dtype + b"\x89" + data + b"tb."


def _safetensors(header: bytes, data: bytes = bytes(4), claimed: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if claimed is None else claimed) + header + data


def _tensor(**changes: object) -> bytes:
    return json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], **changes}}).encode()


DAMAGED = "damaged safetensors"
HEADERS: dict[str, tuple[bytes, str]] = {
    "of an exabyte": (_safetensors(b'{"a":1}', claimed=2**60), "neither"),
    "of minus one byte": (_safetensors(b'{"a":1}', claimed=2**64 - 1), "neither"),
    "of five megabytes": (_safetensors(b'{"a":' + b" " * 5 * 2**20 + b"1}"), "header has"),
    "that is no JSON": (_safetensors(b"{'a': 1}"), DAMAGED),
    "that is not UTF-8": (_safetensors(b'{"\xff": 1}'), DAMAGED),
    "that is a list": (_safetensors(b"{}]["), DAMAGED),
    "with a number of 5,000 digits": (_safetensors(_tensor().replace(b"[1]", b"[" + b"9" * 5000 + b"]")), DAMAGED),
    "with a negative shape": (_safetensors(_tensor(shape=[-1])), DAMAGED),
    "with a shape that overflows": (_safetensors(_tensor(shape=[2**40, 2**40])), DAMAGED),
    "with a shape of nothing": (_safetensors(_tensor(shape=None)), DAMAGED),
    "with a million dimensions": (_safetensors(_tensor(shape=[1] * 10**6)), "no 'stylegan2.network'|damaged"),
    "with offsets behind the end": (_safetensors(_tensor(data_offsets=[0, 400])), DAMAGED),
    "with offsets backwards": (_safetensors(_tensor(data_offsets=[4, 0])), DAMAGED),
    "with one offset": (_safetensors(_tensor(data_offsets=[0])), DAMAGED),
    "with a gap before its data": (_safetensors(_tensor(data_offsets=[4, 8]), bytes(8)), DAMAGED),
    "with bytes that nobody names": (_safetensors(_tensor(), bytes(400)), DAMAGED),
    "with an unknown type": (_safetensors(_tensor(dtype="OBJECT")), DAMAGED),
    "with two tensors on the same bytes": (
        _safetensors(_tensor()[:-1] + b"," + _tensor()[1:].replace(b'"a"', b'"b"')),
        DAMAGED,
    ),
    "with a tensor twice": (_safetensors(_tensor()[:-1] + b"," + _tensor()[1:]), "no 'stylegan2.network'|damaged"),
    "with metadata that is no text": (_safetensors(b'{"__metadata__": {"stylegan2.network": 1}}', b""), DAMAGED),
    "with metadata that is a list": (_safetensors(b'{"__metadata__": []}', b""), DAMAGED),
    "with metadata that is no JSON": (
        _safetensors(b'{"__metadata__": {"stylegan2.network": "os.system"}}', b""),
        DAMAGED,
    ),
    "with metadata that nests for ever": (
        _safetensors(json.dumps({"__metadata__": {"stylegan2.network": "[" * 200_000}}).encode(), b""),
        DAMAGED,
    ),
}

TOO_LONG = struct.pack("<Q", 10 * 2**30)
HOSTILE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "empty"),
    "a web page": (b"<!DOCTYPE html><html>quota exceeded</html>", "web page"),
    "an LFS pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
    "zeros": (bytes(1000), "neither"),
    "protocol 0": (b"(lp0\n.", "neither"),
    "protocol 9": (b"\x80\x09N.", "protocol 9"),
    "no end": (PROTO, "truncated"),
    "10 GB of bytes": (PROTO + b"\x8e" + TOO_LONG + b"x", "claims more bytes"),
    "10 GB of bytearray": (b"\x80\x05\x96" + TOO_LONG + b"x", "claims more bytes"),
    "10 GB of text": (PROTO + b"\x8d" + TOO_LONG + b"x", "claims more bytes"),
    "an exabyte of bytes": (PROTO + b"\x8e" + b"\xff" * 8 + b"x", "claims more bytes"),
    "a long integer": (PROTO + b"\x8b" + struct.pack("<i", 2**31 - 1), "opcode 0x8b"),
    "a far memo": (PROTO + b"Nr" + b"\xff" * 4 + b"0.", "opcode 0x30"),
    "a memo that is not there": (PROTO + b"j" + b"\xff" * 4 + b".", "does not exist"),
    "an extension": (PROTO + b"\x82\x01.", "opcode 0x82"),
    "a persistent id": (PROTO + b"NQ.", "outside of the file"),
    "an instance": (b"\x80\x02(ios\nsystem\n.", "opcode 0x69"),
    "a call of text": (PROTO + b"\x8c\x02os)R.", "calls str"),
    "a state for a dictionary": (PROTO + b"}}b.", "gives a state to dict"),
    "a state for a global": (PROTO + b"\x8c\x05numpy\x8c\x07ndarray\x93}b.", "gives a state to Global"),
    "an attribute path": (PROTO + b"\x8c\x05numpy\x8c\x13ndarray.__class__.x\x93.", "claims more|refused"),
    "an empty stack": (PROTO + b".", "empty stack"),
    "no mark": (PROTO + b"t.", "mark is missing"),
    "a name without end": (b"\x80\x02c" + b"a" * 1000, "a name has no end"),
    "appending to text": (PROTO + b"\x8c\x01aNa.", "appends to str"),
    "items of a list": (PROTO + b"]NNs.", "sets items of list"),
    "a tuple as a key": (PROTO + b"})Ns.", "key of type tuple"),
    "a huge number as a key": (PROTO + b"}\x8a\x09" + b"\x01" * 9 + b"Ns.", "key of type int"),
    "text that is not UTF-8": (PROTO + b"\x8c\x02\xff\xfe.", "not UTF-8"),
    "an array of 10 GB": (_array(b"J\x00\x00\x00\x60K\x03\x86"), "claims shape"),
    "an array of objects": (_array(b"K\x01\x85", b"]", b"\x8c\x02O8"), "'O8'"),
    "an array of a list": (_array(b"K\x01\x85", b"]Na"), "not bytes"),
    "an array of records": (_array(b"K\x01\x85", code=b"\x8c\x02V4"), "'V4'"),
    "an array of negative length": (_array(b"J\xff\xff\xff\xff\x85"), "not made of lengths"),
    "an array of many dimensions": (_array(b"(" + b"K\x01" * 65 + b"t"), "too many dimensions"),
    "an array without shape": (_array(b"N"), "no shape"),
    "an array's class, called": (PROTO + b"\x8c\x05numpy\x8c\x07ndarray\x93K\x05\x85R.", "only mention"),
    "a tensor that is a pickle": (
        _storage(b"\x80\x02cos\nsystem\nX\x01\x00\x00\x00x\x85R."),
        "asks for os.system, which is refused",
    ),
    "a tensor in a tensor": (_storage(_storage(MAGIC)), "asks for torch.storage._load_from_bytes"),
    "a tensor of 8 GB": (
        _storage(_stream(MAGIC, FLOATS % struct.pack("<i", 2**31 - 1), 2**31 - 1)),
        "claims 2147483647",
    ),
    "a tensor of another length": (_storage(_stream(MAGIC, FLOATS % struct.pack("<i", 1), 2)), "claims 1 values"),
    "a tensor of another kind": (_storage(_stream(b"\x80\x02K\x07.", FLOATS % bytes(4), 0)), "older form"),
    "a tensor without bytes": (
        PROTO + b"\x8c\x0dtorch.storage\x8c\x10_load_from_bytes\x93N\x85R.",
        "not made of bytes",
    ),
    "too many arguments": (PROTO + b"\x8c\x0bcollections\x8c\x0bOrderedDict\x93NN\x86R.", "does not take"),
    "opcodes without end": (PROTO + b"N" * 600_000 + b".", "more than 500000 operations"),
    "lists without end": (PROTO + b"]" * 600_000 + b".", "more than 500000 operations"),
    "marks without end": (PROTO + b"(" * 600_000 + b".", "more than 500000 operations"),
    "sets without end": (PROTO + b"\x8f" * 600_000 + b".", "more than 500000 operations"),
    "safetensors of 10 GB": (TOO_LONG + b'{"a":1}', "neither"),
    "safetensors of nothing": (struct.pack("<Q", 2) + b"{}", "no 'stylegan2.network'"),
    "safetensors that claim 10 GB": (
        struct.pack("<Q", 66) + b'{"a":{"dtype":"F32","shape":[2684354560],"data_offsets":[0,4]}}   ' + bytes(4),
        "damaged safetensors",
    ),
    **{f"a safetensors header {name}": hostile for name, hostile in HEADERS.items()},
    "deep safetensors": (struct.pack("<Q", 200_000) + b'{"a":' + b"[" * 199_995, "damaged safetensors"),
}


@pytest.mark.fault
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_its_reason(name: str, tmp_path: Path) -> None:
    content, reason = HOSTILE[name]
    path = tmp_path / "hostile.pkl"
    path.write_bytes(content)
    with pytest.raises(StyleGanError, match=reason):
        read_network(path)


def _doubling() -> bytes:
    """A tuple of twice a tuple of twice ...: 2 to the 1000th nodes in 4,000 bytes."""
    return b")" + b"".join(b"q%c" % index + b"h%c\x86" % index for index in range(256)) * 4


def _deep() -> bytes:
    return b")" + b"\x85" * 400_000


def _same_text_again() -> bytes:
    text = b"X" + struct.pack("<I", 2**20) + b"a" * 2**20
    again = b"c_codecs\nencode\nh\x00X\x06\x00\x00\x00latin1\x86R"
    return text + b"q\x00" + again * 3000


def _same_storage_again() -> bytes:
    call = _storage(_stream(MAGIC, FLOATS % struct.pack("<i", 1), 1) + bytes(4))[2:-3]
    body = call[call.index(b"B") :]
    return body + b"q\x00" + b"ctorch.storage\n_load_from_bytes\nh\x00\x85R" * 20_000


@pytest.mark.fault
@pytest.mark.parametrize("payload", [_doubling, _deep, _same_text_again, _same_storage_again])
@pytest.mark.parametrize("place", [b"%s.", b"}X\x05\x00\x00\x00G_ema%ss.", b"]%sa."])
def test_structures_that_explode_do_not(payload: Callable[[], bytes], place: bytes, tmp_path: Path) -> None:
    path = tmp_path / "hostile.pkl"
    path.write_bytes(b"\x80\x02" + place % payload())
    with pytest.raises(StyleGanError):
        read_network(path)


def test_exploding_structures_are_refused_wherever_a_network_holds_them(tmp_path: Path) -> None:
    value: Any = ()
    for _ in range(200):
        value = (value, value)
    state = {
        "_parameters": {},
        "_buffers": {},
        "_modules": value,
        "_init_args": value,
        "_init_kwargs": {"z_dim": value},
    }
    path = dump({"G_ema": Persistent({"state": state})}, tmp_path / "hostile.pkl")
    with pytest.raises(UnreadableFile, match="modules is not a dictionary"):
        read_network(path)


@pytest.mark.fault
def write_hostile_files(folder: Path) -> None:
    """Everything that this file tries, a file each."""
    for index, (content, _) in enumerate(HOSTILE.values()):
        (folder / f"{index:03}.pkl").write_bytes(content)
    for payload in (_doubling, _deep, _same_text_again, _same_storage_again):
        (folder / f"{payload.__name__}.pkl").write_bytes(b"\x80\x02" + payload() + b".")
    for name, (call, _) in CALLS.items():
        (folder / f"{name}.pkl").write_bytes(pickle.dumps((1, 2, call)))
        (folder / f"{name} in a storage.pkl").write_bytes(_storage(pickle.dumps(call)))


@pytest.mark.fault
def test_memory_stays_bounded(tmp_path: Path) -> None:
    """All of the above in one process whose peak is measured."""
    write_hostile_files(tmp_path)
    script = (
        "import resource, sys; from pathlib import Path\n"
        "from stylegan2.checkpoint import read_network\n"
        "from stylegan2.errors import StyleGanError\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for path in sorted(Path(sys.argv[1]).iterdir()):\n"
        "    try: read_network(path)\n"
        "    except StyleGanError: continue\n"
        "    sys.exit(f'{path} was read')\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, check=False)
    assert answer.returncode == 0, answer.stderr
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(answer.stdout) * unit < 120 * 2**20


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "absent", tmp_path / "pipe", Path("/dev/zero"), tmp_path / "a\0b"):
        with pytest.raises(UnreadableFile):
            read_network(path)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "sparse.pkl"
    with path.open("wb") as file:
        file.truncate(2**40)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UnreadableFile, match="more than the"):
        read_network(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024
