"""The present Python's side of `reading`: reads one network's file and sends what it holds."""

import dataclasses
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from stylegan2.checkpoint import read_network
from stylegan2.engine.child import end_with_owner
from stylegan2.engine.wire import Channel
from stylegan2.errors import StyleGanError

if TYPE_CHECKING:
    from stylegan2.engine.wire import Message
    from stylegan2.network import Network


def main() -> None:
    connection = socket.socket(fileno=int(sys.argv[1]))
    end_with_owner(connection)
    try:
        network = read_network(Path(sys.argv[2]))
    except (StyleGanError, OSError) as error:
        Channel(connection).send({"error": str(error)})
    else:
        Channel(connection).send(specification(network), network.tensors)


def specification(network: "Network") -> "Message":
    """All but the arrays, as JSON takes it."""
    mapping, synthesis = dataclasses.asdict(network.mapping), dataclasses.asdict(network.synthesis)
    mapping["label_input"], synthesis["kind"] = network.mapping.label_input.value, network.synthesis.kind.value
    return {"mapping": mapping, "synthesis": synthesis, "sha256": network.sha256}


if __name__ == "__main__":
    main()
