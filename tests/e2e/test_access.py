"""Access as an operator switches it on: tokens from the command line, a service that refuses whoever has none."""

import json
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.e2e.server import GENERATE, PROJECT, RunningService, command, free_port, running_service, settings
from tests.e2e.studies import ask, invited

NAME = "{ service { name } }"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("access")


@pytest.fixture(scope="module")
def closed(folder: Path) -> Iterator[RunningService]:
    with running_service(folder, access="required") as running:
        yield running


def token(folder: Path, owner: str, scopes: str, *options: str) -> str:
    done = command(folder, "tokens", "create", "--owner", owner, "--scopes", scopes, *options)
    assert done.returncode == 0, done.stderr
    assert "shown this once" in done.stderr
    return done.stdout.strip()


def listed(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in command(folder, "tokens", "list", "--json").stdout.splitlines()]


def test_a_token_made_beside_the_running_service_makes_faces_at_once(closed: RunningService, folder: Path) -> None:
    assert ask(closed, None, NAME).status_code == 401
    bearer = token(folder, "ann", "read,generate", "--note", "the notebook")
    answer = ask(closed, bearer, GENERATE, input={"seed": 1, "waitMs": 30000}).json()
    image = answer["data"]["generateFace"]["generation"]["image"]
    assert httpx.get(f"{closed.url}{image['url']}").headers["content-type"] == "image/png"
    assert httpx.get(f"{closed.url}/static/{image['url'].split('/', 3)[3]}").status_code == 404
    assert httpx.get(f"{closed.url}/metrics").status_code == 401
    assert httpx.get(f"{closed.url}/readyz").status_code == 200
    (mine,) = [entry for entry in listed(folder) if entry["owner"] == "ann"]
    assert (mine["scopes"], mine["state"], mine["note"]) == (["generate", "read"], "works", "the notebook")
    assert mine["lastUsedAt"] is not None


def test_a_token_revoked_on_the_command_line_ends_its_open_socket(closed: RunningService, folder: Path) -> None:
    bearer = token(folder, "ben", "read")
    identity = bearer.split("_")[1]
    address = f"ws://127.0.0.1:{closed.port}/graphql"
    with connect(address, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
        socket.send(json.dumps({"type": "connection_init", "payload": {"Authorization": f"Bearer {bearer}"}}))
        assert json.loads(socket.recv(timeout=10))["type"] == "connection_ack"
        payload = {"query": "subscription { generationCompleted { id } }"}
        socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        done = command(folder, "tokens", "revoke", identity)
        revoked = time.monotonic()
        assert done.stdout.strip() == f"token {identity} of ben is revoked"
        with pytest.raises(ConnectionClosed) as caught:
            socket.recv(timeout=20)
        assert time.monotonic() - revoked < 3
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 4401
    assert ask(closed, bearer, NAME).status_code == 401


def test_the_audit_log_is_printed_as_json_lines(closed: RunningService, folder: Path) -> None:
    bearer = token(folder, "cat", "read,generate")
    ask(closed, bearer, GENERATE, input={"seed": 5, "network": "hunter2"})
    ask(closed, bearer, GENERATE, input={"seed": 5})
    lines = [json.loads(line) for line in command(folder, "audit", "--owner", "cat").stdout.splitlines()]
    assert [(line["action"], line["outcome"]) for line in lines] == [
        ("generateFace", "NOT_FOUND"),
        ("generateFace", "DONE"),
    ]
    assert {line["token"] for line in lines} == {bearer.split("_")[1]}
    everything = command(folder, "audit", "--since", "1h").stdout
    assert '"action": "tokens create"' in everything
    assert "hunter2" not in everything
    assert bearer.split("_")[2] not in everything
    assert command(folder, "audit", "--since", "2100-01-01").stdout == ""


def test_neither_the_log_nor_the_data_folder_holds_a_token(closed: RunningService, folder: Path) -> None:
    bearer, other = token(folder, "dan", "admin"), "mng_000000000000_" + "a" * 64
    assert ask(closed, bearer, NAME).status_code == 200
    assert ask(closed, other, NAME).status_code == 401
    httpx.get(f"{closed.url}/metrics", headers={"Authorization": f"Bearer {other}"})
    log = closed.log.read_text()
    assert '"message": "a token was refused"' in log
    assert '"client": "127.0.0.1"' in log
    for path in [closed.log, *folder.glob("manganace.sqlite3*")]:
        content = path.read_bytes()
        assert bearer.split("_")[2].encode() not in content
        assert other.split("_")[2].encode() not in content


def test_the_secret_is_its_owner_s_to_read(closed: RunningService, folder: Path) -> None:
    key = folder / "secret.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    key.chmod(0o640)
    try:
        done = command(folder, "tokens", "list")
        assert done.returncode == 1
        assert "chmod 600" in done.stderr
    finally:
        key.chmod(0o600)


def test_what_was_restored_knows_tokens_links_and_addresses_by_the_key_that_no_backup_holds(
    closed: RunningService, folder: Path, tmp_path: Path
) -> None:
    bearer = token(folder, "eve", "read,generate,research")
    answer = ask(closed, bearer, GENERATE, input={"seed": 7, "waitMs": 30000}).json()
    address = answer["data"]["generateFace"]["generation"]["image"]["url"]
    _, link = invited(closed, bearer)
    backup, elsewhere = tmp_path / "backup", tmp_path / "elsewhere"
    elsewhere.mkdir()
    taken = command(folder, "backup", str(backup))
    assert (taken.returncode, "secret.key" in taken.stderr) == (0, True)
    key = (folder / "secret.key").read_bytes()
    kept = [path for path in backup.rglob("*") if path.is_file()]
    assert not [path for path in kept if path.name == "secret.key" or key.strip() in path.read_bytes()]
    assert command(elsewhere, "restore", str(backup)).returncode == 0

    def found(service: RunningService) -> list[int]:
        run = ask(service, link, "{ studyRun { status } }")
        return [ask(service, bearer, NAME).status_code, run.status_code, httpx.get(service.url + address).status_code]

    with running_service(elsewhere, access="required") as without:
        assert found(without) == [401, 401, 404]
        assert without.stop() == 0
    (elsewhere / "secret.key").write_bytes(key)
    with running_service(elsewhere, access="required") as again:
        assert found(again) == [200, 200, 200]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--owner", "x", "--scopes", "everything"], "takes some of read, generate, library, research, admin"),
        (["--owner", "x", "--scopes", ""], "takes some of"),
        (["--owner", "a b", "--scopes", "read"], "an owner is"),
        (["--owner", "studies", "--scopes", "read"], "the service's own"),
        (["--owner", "x", "--scopes", "read", "--expires", "soon"], "90d"),
        (["--scopes", "read"], "--owner"),
    ],
)
def test_a_token_that_does_not_fit_is_not_made(tmp_path: Path, arguments: list[str], says: str) -> None:
    done = command(tmp_path, "tokens", "create", *arguments)
    assert done.returncode in (1, 2)
    assert says in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_it_does_not_listen_to_the_world_unless_access_is_on_or_it_was_told_so_in_so_many_words(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "faces.example", ""):
        done = command(tmp_path, "serve", "--host", host, "--port", str(free_port()), timeout_s=60)
        assert done.returncode == 1, host
        assert "MANGANACE_ACCESS=required" in done.stderr
        assert "MANGANACE_ACCESS=open-to-everyone" in done.stderr


@pytest.mark.parametrize(("access", "status"), [("required", 401), ("open-to-everyone", 200)])
def test_it_listens_to_the_world_once_that_was_said(tmp_path: Path, access: str, status: int) -> None:
    port = free_port()
    environment = settings(tmp_path, access=access)
    arguments = [sys.executable, "main.py", "serve", "--host", "0.0.0.0", "--port", str(port)]
    with subprocess.Popen(arguments, cwd=PROJECT, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            service = RunningService(process, port, tmp_path / "none.log")
            service.log.write_text("")
            service.wait_until_ready()
            assert ask(service, None, NAME).status_code == status
        finally:
            process.terminate()
            process.wait(20)
