"""The service's own secret: made once, read by nobody else, and a key for each purpose."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infrastructure.secret_key import ADDRESSES, FILE, STUDY_LINKS, TOKENS, key_for, service_secret
from infrastructure.settings import Settings, SettingsError, read_settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MANGANACE_DATA_DIR", str(tmp_path))
    return read_settings(env_file=None)


def test_it_is_made_at_the_first_start_and_stays(settings: Settings, tmp_path: Path) -> None:
    first = service_secret(settings)
    assert len(first) == 32
    assert service_secret(settings) == first
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_processes_that_start_at_once_agree_on_one(settings: Settings) -> None:
    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(lambda _: service_secret(settings), range(64)))) == 1


def test_a_setting_takes_its_place_and_is_shown_to_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MANGANACE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MANGANACE_SECRET_KEY", "s" * 32)
    settings = read_settings(env_file=None)
    assert service_secret(settings) == b"s" * 32
    assert "sss" not in repr(settings)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("MANGANACE_SECRET_KEY", "s" * 31)
    with pytest.raises(SettingsError, match="32 random characters") as caught:
        read_settings(env_file=None)
    assert "sss" not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(settings: Settings, tmp_path: Path, mode: int) -> None:
    service_secret(settings)
    (tmp_path / FILE).chmod(mode)
    with pytest.raises(SettingsError, match="chmod 600"):
        service_secret(settings)


@pytest.mark.parametrize("content", ["", "\n", "ff", "x" * 64, "é" * 64])
def test_a_file_without_a_key_is_refused_and_not_replaced(settings: Settings, tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    (tmp_path / FILE).chmod(0o600)
    with pytest.raises(SettingsError, match="holds no key"):
        service_secret(settings)
    assert (tmp_path / FILE).read_text() == content


def test_every_purpose_has_a_key_of_its_own() -> None:
    keys = {key_for(purpose, secret) for purpose in (TOKENS, ADDRESSES, STUDY_LINKS) for secret in (b"a", b"b")}
    assert len(keys) == 6
    assert {len(key) for key in keys} == {32}
