import re
from pathlib import Path

import pytest

from infrastructure.settings import PROJECT, Settings, SettingsError, read_settings


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("MANGANACE_"):
            monkeypatch.delenv(name)


def read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(f"MANGANACE_{name.upper()}", value)
    return read_settings(env_file=None)


def test_without_any_setting_the_shipped_network_is_served_from_the_project_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = read(monkeypatch)
    assert settings.networks[0][0] == "demo-faces"
    assert settings.effective_database_url == f"sqlite:///{PROJECT / 'manganace.sqlite3'}"
    assert settings.static_dir == PROJECT / "static"


def test_the_data_folder_holds_the_database_and_the_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = read(monkeypatch, data_dir=str(tmp_path))
    assert settings.effective_database_url.endswith(f"{tmp_path}/manganace.sqlite3")
    assert settings.static_dir == tmp_path / "static"


def test_networks_are_name_file_pairs_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, networks="ffhq=a/b.pkl, cats=c=d.pkl")
    assert settings.networks == (("ffhq", Path("a/b.pkl")), ("cats", Path("c=d.pkl")))


@pytest.mark.parametrize("value", ["just-a-file.pkl", "=x", "a=", "a=x,a=y"])
def test_malformed_networks_are_refused_by_the_settings_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    with pytest.raises(SettingsError, match="MANGANACE_NETWORKS"):
        read(monkeypatch, networks=value)


def test_hashes_of_networks_are_name_sha256_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    given = f"ffhq={'AB' * 32}, cats={'0' * 64}"
    assert read(monkeypatch, network_sha256=given).network_sha256 == (("ffhq", "ab" * 32), ("cats", "0" * 64))
    for wrong in ("ffhq", f"ffhq={'0' * 63}", f"ffhq={'0' * 63}g"):
        with pytest.raises(SettingsError, match="MANGANACE_NETWORK_SHA256"):
            read(monkeypatch, network_sha256=wrong)


def test_one_directions_file_alone_is_for_the_default_network(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, directions="emotions.pkl").directions == (("", Path("emotions.pkl")),)


def test_a_misspelt_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=r"MANGANACE_NETWORK\b"):
        read(monkeypatch, network="a=b")


def test_a_value_out_of_range_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="MANGANACE_BATCH_SIZE"):
        read(monkeypatch, batch_size="0")


def test_the_env_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("MANGANACE_QUEUE_LIMIT=5\nMANGANACE_LOG_LEVEL=debug\nOTHER=1\n")
    monkeypatch.setenv("MANGANACE_QUEUE_LIMIT", "7")
    settings = read_settings(env_file=env_file)
    assert (settings.queue_limit, settings.log_level) == (7, "debug")


def test_a_public_url_has_a_scheme_and_no_trailing_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, public_url="https://faces.example/").public_url == "https://faces.example"
    with pytest.raises(SettingsError, match="MANGANACE_PUBLIC_URL"):
        read(monkeypatch, public_url="faces.example")


@pytest.mark.parametrize("document", [".env.example", "README.md"])
def test_every_setting_is_documented_and_nothing_else_is(document: str) -> None:
    named = set(re.findall(r"MANGANACE_([A-Z0-9_]+)", (PROJECT / document).read_text()))
    assert named == {name.upper() for name in Settings.model_fields}


def test_production_switches_off_what_is_not_set_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = read(monkeypatch)
    assert all(plain.shows(switch) for switch in (plain.graphiql, plain.introspection, plain.suggestions))
    production = read(monkeypatch, production="true", introspection="true")
    assert not production.shows(production.graphiql)
    assert not production.shows(production.suggestions)
    assert production.shows(production.introspection)


def test_origins_are_listed_and_have_no_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    origins = ("https://app.example", "http://localhost:3000")
    assert read(monkeypatch, allowed_origins=", ".join(origins)).allowed_origins == origins
    assert read(monkeypatch, allowed_origins="*").allowed_origins == ("*",)
    for wrong in ("app.example", "https://app.example/path"):
        with pytest.raises(SettingsError, match="MANGANACE_ALLOWED_ORIGINS"):
            read(monkeypatch, allowed_origins=wrong)
