import json
import logging

import pytest

from infrastructure.logs import TextFormatter, set_up_logs


@pytest.fixture(autouse=True)
def _restore_logging() -> object:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def test_json_logs_carry_the_fields_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info", "json")
    logging.getLogger("x.y").info("made", extra={"generation_id": "abc", "render_ms": 12.5})
    line = json.loads(capsys.readouterr().err)
    assert line["logger"] == "x.y"
    assert line["message"] == "made"
    assert (line["generation_id"], line["render_ms"]) == ("abc", 12.5)


def test_text_logs_end_with_the_fields() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "made", None, None)
    record.generation_id = "abc"
    assert TextFormatter().format(record).endswith("made generation_id=abc")


def test_less_than_the_level_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("warning", "text")
    logging.getLogger("x").info("nothing")
    assert capsys.readouterr().err == ""


def test_only_our_own_packages_log_at_debug(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("debug", "text")
    logging.getLogger("graph.x").debug("ours")
    logging.getLogger("aiosqlite").debug("SELECT hunter2")
    set_up_logs("info", "text")
    logging.getLogger("graph.x").debug("no more")
    written = capsys.readouterr().err
    assert "ours" in written
    assert "hunter2" not in written
    assert "no more" not in written


def test_the_address_of_a_socket_is_not_logged_as_clients_put_tokens_into_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logs("info", "text")
    uvicorn = logging.getLogger("uvicorn.error")
    uvicorn.info('%s - "WebSocket %s" [accepted]', "127.0.0.1:5", "/graphql?token=hunter2")
    uvicorn.info("Started server process [%d]", 5)
    written = capsys.readouterr().err
    assert "hunter2" not in written
    assert "Started server" in written


def test_a_refused_socket_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info", "text")
    uvicorn = logging.getLogger("uvicorn.error")
    uvicorn.error("ASGI callable returned without completing handshake.")
    uvicorn.error("Exception in ASGI application\n")
    written = capsys.readouterr().err
    assert "handshake" not in written
    assert "Exception" in written
