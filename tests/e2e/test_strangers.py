"""What strangers get from the running service: no more than it means to show, and nobody else's time."""

import json
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.e2e.server import RunningService, running_service

NAME = "{ service { name } }"
SECRET = "hunter2"
DOCUMENTS = (f"{{ {SECRET}", f"{{ {SECRET} }}", f'{{ image(id: "{SECRET}") {{ id }} }}')


def test_a_message_of_more_than_a_mebibyte_closes_its_socket_with_1009(service: RunningService) -> None:
    with service.socket() as socket:
        payload = {"query": NAME + "#" * (1 << 20)}
        socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        with pytest.raises(ConnectionClosed) as caught:
            socket.recv(timeout=20)
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1009
    assert service.data(NAME)


def test_production_shows_neither_the_schema_nor_graphiql_nor_a_suggestion(tmp_path: Path) -> None:
    with running_service(tmp_path, production="true") as service:
        page = httpx.get(f"{service.url}/graphql", headers={"Accept": "text/html"})
        assert page.status_code == 406
        assert httpx.get(f"{service.url}/graphiql/playground.js").status_code == 404
        for query in ("{ __schema { types { name } } }", "{ servic { name } }"):
            errors = service.ask(query)["errors"]
            assert {error["extensions"]["code"] for error in errors} == {"GRAPHQL_VALIDATION_FAILED"}
            assert "Did you mean" not in str(errors)
        assert service.data(NAME) == {"service": {"name": "Manganace"}}


def test_the_log_holds_no_document_no_variable_and_no_token(tmp_path: Path) -> None:
    with running_service(tmp_path, log_level="debug") as service:
        for query in DOCUMENTS:
            assert "errors" in service.ask(query)
        service.generate(network=SECRET, idempotencyKey=SECRET, waitMs=0)
        httpx.post(f"{service.url}/graphql", content=SECRET, headers={"Authorization": SECRET})
        httpx.get(f"{service.url}/graphql", params={"query": DOCUMENTS[0]}, headers={"Cookie": SECRET})
        address = f"ws://127.0.0.1:{service.port}/graphql?token={SECRET}"
        with connect(address, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
            socket.send(json.dumps({"type": "connection_init", "payload": {"Authorization": SECRET}}))
            socket.recv(timeout=20)
            payload = {"query": "query($id: ID!) { image(id: $id) { id } }", "variables": {"id": SECRET}}
            socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            assert SECRET not in str(json.loads(socket.recv(timeout=20))["type"])
        assert service.stop() == 0
        log = service.log.read_text()
    assert "Started server" in log
    assert SECRET not in log
