"""What each pickle opcode does to the machine; opcodes that are not here are refused.

Not here: protocol 0's text forms, extension codes, out-of-band buffers, and instances by class and arguments
(INST, OBJ, NEWOBJ_EX). Sets become lists: nothing reads them, and their elements need no hashing.
"""

import struct
from collections.abc import Mapping
from typing import Any

from stylegan2.checkpoint.machine import (
    Allowance,
    Buildable,
    Constructor,
    Global,
    Operation,
    PersistentLoad,
    PickleMachine,
    check_key,
    text_of,
)
from stylegan2.errors import UnreadableFile

HIGHEST_PROTOCOL = 5
COPIED_BYTES = 256
"""Shorter byte strings are copied (a view takes more memory), longer ones are views of the file's bytes."""


def run_pickle(
    data: memoryview,
    allowed: Mapping[str, Constructor],
    allowance: Allowance,
    *,
    position: int = 0,
    persistent_load: PersistentLoad | None = None,
) -> tuple[Any, int]:
    """The value of the pickle at ``position`` and where it ends."""
    machine = PickleMachine(data, allowed, allowance, position=position, persistent_load=persistent_load)
    return machine.run(OPERATIONS), machine.position


def _protocol(machine: PickleMachine) -> None:
    version = machine.take_integer(1)
    if not 2 <= version <= HIGHEST_PROTOCOL:
        raise UnreadableFile(f"pickle protocol {version} is not read; 2 to {HIGHEST_PROTOCOL} are")


def _frame(machine: PickleMachine) -> None:
    """Frames only help to read ahead; what they hold is read opcode by opcode all the same."""
    machine.take(8)


def _bytes(machine: PickleMachine, size_bytes: int) -> None:
    view = machine.take(machine.take_integer(size_bytes))
    machine.push(bytes(view) if len(view) < COPIED_BYTES else view)


def _text(machine: PickleMachine, size_bytes: int) -> None:
    machine.push(text_of(machine.take(machine.take_integer(size_bytes))))


def _long(machine: PickleMachine) -> None:
    machine.push(machine.take_integer(machine.take_integer(1), signed=True))


def _float(machine: PickleMachine) -> None:
    machine.push(struct.unpack(">d", machine.take(8))[0])


def _tuple(machine: PickleMachine, size: int) -> None:
    items = [machine.pop() for _ in range(size)]
    machine.push(tuple(reversed(items)))


def _marked_tuple(machine: PickleMachine) -> None:
    machine.push(tuple(machine.pop_to_mark()))


def _append(machine: PickleMachine, items: list[Any]) -> None:
    if type(machine.top) is not list:
        raise UnreadableFile(f"the pickle appends to {type(machine.top).__name__}")
    machine.top.extend(items)


def _set_items(machine: PickleMachine, items: list[Any]) -> None:
    if type(machine.top) is not dict or len(items) % 2:
        raise UnreadableFile(f"the pickle sets items of {type(machine.top).__name__}")
    for key, value in zip(items[::2], items[1::2], strict=True):
        check_key(key)
        machine.top[key] = value


def _set_item(machine: PickleMachine) -> None:
    value, key = machine.pop(), machine.pop()
    _set_items(machine, [key, value])


def _get(machine: PickleMachine, size_bytes: int) -> None:
    index = machine.take_integer(size_bytes)
    if index not in machine.memo:
        raise UnreadableFile(f"the pickle is damaged: it refers to value {index}, which does not exist")
    machine.push(machine.memo[index])


def _put(machine: PickleMachine, size_bytes: int) -> None:
    machine.memo[machine.take_integer(size_bytes)] = machine.top


def _memoize(machine: PickleMachine) -> None:
    machine.memo[len(machine.memo)] = machine.top


def _global(machine: PickleMachine) -> None:
    module = machine.take_line()
    machine.push(machine.find_global(module, machine.take_line()))


def _stack_global(machine: PickleMachine) -> None:
    name, module = machine.pop(), machine.pop()
    machine.push(machine.find_global(module, name))


def _construct(machine: PickleMachine) -> None:
    """REDUCE and NEWOBJ: both call a constructor of ours, so both mean the same here."""
    arguments, named = machine.pop(), machine.pop()
    if type(named) is not Global or type(arguments) is not tuple:
        raise UnreadableFile(f"the pickle calls {type(named).__name__}, which is refused")
    try:
        machine.push(named.construct(*arguments))
    except TypeError as error:
        raise UnreadableFile(f"the pickle passes arguments to {named.name} that it does not take") from error


def _build(machine: PickleMachine) -> None:
    state = machine.pop()
    if not isinstance(machine.top, Buildable):
        raise UnreadableFile(f"the pickle gives a state to {type(machine.top).__name__}, which is refused")
    machine.top.build(state)


def _persistent(machine: PickleMachine) -> None:
    if machine.persistent_load is None:
        raise UnreadableFile("the pickle refers to objects outside of the file")
    machine.push(machine.persistent_load(machine.pop()))


OPERATIONS: dict[int, Operation] = {
    0x80: _protocol,
    0x95: _frame,
    ord("("): PickleMachine.mark,
    ord("N"): lambda machine: machine.push(None),
    0x88: lambda machine: machine.push(True),
    0x89: lambda machine: machine.push(False),
    ord("J"): lambda machine: machine.push(machine.take_integer(4, signed=True)),
    ord("K"): lambda machine: machine.push(machine.take_integer(1)),
    ord("M"): lambda machine: machine.push(machine.take_integer(2)),
    0x8A: _long,
    ord("G"): _float,
    ord("C"): lambda machine: _bytes(machine, 1),
    ord("B"): lambda machine: _bytes(machine, 4),
    0x8E: lambda machine: _bytes(machine, 8),
    0x96: lambda machine: _bytes(machine, 8),  # a bytearray
    0x8C: lambda machine: _text(machine, 1),
    ord("X"): lambda machine: _text(machine, 4),
    0x8D: lambda machine: _text(machine, 8),
    ord("]"): lambda machine: machine.push([]),
    ord("a"): lambda machine: _append(machine, [machine.pop()]),
    ord("e"): lambda machine: _append(machine, machine.pop_to_mark()),
    ord(")"): lambda machine: machine.push(()),
    ord("t"): _marked_tuple,
    0x85: lambda machine: _tuple(machine, 1),
    0x86: lambda machine: _tuple(machine, 2),
    0x87: lambda machine: _tuple(machine, 3),
    ord("}"): lambda machine: machine.push({}),
    ord("s"): _set_item,
    ord("u"): lambda machine: _set_items(machine, machine.pop_to_mark()),
    0x8F: lambda machine: machine.push([]),  # a set
    0x90: lambda machine: _append(machine, machine.pop_to_mark()),
    0x91: lambda machine: machine.push(machine.pop_to_mark()),  # a frozenset
    ord("h"): lambda machine: _get(machine, 1),
    ord("j"): lambda machine: _get(machine, 4),
    ord("q"): lambda machine: _put(machine, 1),
    ord("r"): lambda machine: _put(machine, 4),
    0x94: _memoize,
    ord("c"): _global,
    0x93: _stack_global,
    ord("R"): _construct,
    0x81: _construct,
    ord("b"): _build,
    ord("Q"): _persistent,
}
