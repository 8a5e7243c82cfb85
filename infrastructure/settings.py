"""What an operator can set: environment variables with the prefix MANGANACE_, or the same lines in `.env`.

Read once, by main.py; every component gets plain values.
"""

import os
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "MANGANACE_"
PROJECT = Path(__file__).resolve().parent.parent
DEFAULT_NETWORK = ("demo-faces", PROJECT / "_pickles" / "demo-faces.safetensors")

NamedPaths = tuple[tuple[str, Path], ...]
NamedHashes = tuple[tuple[str, str], ...]


class SettingsError(Exception):
    """A setting is malformed; the message names it and says what it takes."""


class Settings(BaseSettings):
    """Frozen; `read_settings` makes it and turns what is wrong into one SettingsError."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
    )

    data_dir: Path = Field(PROJECT, description="Holds manganace.sqlite3 and static/; by default the project's folder.")
    database_url: str | None = Field(
        None,
        description="sqlite:///FILE or postgresql://USER@HOST/NAME; by default manganace.sqlite3 in the data folder.",
    )
    networks: Annotated[NamedPaths, NoDecode] = Field(
        (DEFAULT_NETWORK,),
        description="Networks to serve: NAME=FILE pairs, separated by commas; the first is the default.",
    )
    network_sha256: Annotated[NamedHashes, NoDecode] = Field(
        (),
        description="NAME=SHA256 pairs: a network whose file has another hash is refused before it is read. "
        "`networks inspect FILE` tells a file's.",
    )
    directions: Annotated[NamedPaths, NoDecode] = Field(
        (),
        description="Directions files: NAME=FILE pairs, NAME a network's; one FILE alone is the default network's. "
        "Without it, NAME.directions.safetensors beside the network's file.",
    )
    engine: Literal["auto", "torch", "openvino", "tensorflow"] = Field(
        "auto",
        description="What renders. auto: torch on CUDA, openvino on a CPU where it is installed, else torch; or torch, "
        "openvino (CPU only) or tensorflow (1.14) alone.",
    )
    precision: Literal["auto", "float32"] = Field(
        "auto",
        description="auto: on CUDA float16, for networks that it renders as float32 does within 0.25 levels on "
        "average; or float32 everywhere.",
    )
    cache_dir: Path | None = Field(
        None, description="Holds networks that were converted for OpenVINO; by default cache/ in the data folder."
    )
    devices: Annotated[tuple[str, ...], NoDecode] = Field(
        ("auto",), description="auto (every CUDA device, else the CPU), or a list such as cuda:0,cuda:1 or cpu."
    )
    batch_size: int | None = Field(
        None,
        ge=1,
        le=256,
        description="Faces a batch; by default 1 on a CPU, and on a GPU what its free memory holds, 32 at most.",
    )
    threads: int | None = Field(
        None, ge=1, le=1024, description="CPU threads an engine uses: by default, and at most, every core it may use."
    )
    queue_limit: int = Field(10_000, ge=1, description="Renders that may wait before QUEUE_FULL is answered.")
    watchdog_s: float = Field(
        30.0,
        gt=0,
        description="An engine that is silent for this long at one step, and 10 times its slowest, is replaced.",
    )
    public_url: str | None = Field(
        None, description="The address clients see, e.g. https://faces.example; images' URLs start with it."
    )
    access: Literal["required", "open-to-everyone"] | None = Field(
        None,
        description="required: nobody gets in without a token. Without it everybody may do everything, and the service "
        "listens on loopback addresses only; open-to-everyone: on others too.",
    )
    secret_key: SecretStr | None = Field(
        None,
        description="What tokens and signed addresses are recognised by, 32 characters or more; by default secret.key "
        "in the data folder, which is made where there is none.",
    )
    audit_days: int = Field(365, ge=1, le=36500, description="How long it is kept who did what.")
    rate_limit: int | None = Field(
        None,
        ge=0,
        description="Requests and messages a minute that a client may send, also one on this machine; 0: any number. "
        "Without it 3000, and any number from loopback addresses.",
    )
    production: bool = Field(
        False, description="Show strangers less: GraphiQL, introspection and suggestions are off unless they are set."
    )
    graphiql: bool | None = Field(None, description="Serve GraphiQL at /graphql to browsers; by default on.")
    introspection: bool | None = Field(None, description="Let clients ask for the schema; by default on.")
    suggestions: bool | None = Field(None, description='Say "Did you mean …" in errors; by default on.')
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Pages of these origins may use the API from browsers: https://app.example,…, or *."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least that is logged.")
    log_format: Literal["json", "text"] = Field("json", description="json: one object a line; text: for people.")

    @field_validator("networks", mode="before")
    @classmethod
    def _network_pairs(cls, value: object) -> object:
        return _pairs(value, lone=None) if isinstance(value, str) else value

    @field_validator("directions", mode="before")
    @classmethod
    def _direction_pairs(cls, value: object) -> object:
        return _pairs(value, lone="") if isinstance(value, str) else value

    @field_validator("network_sha256", mode="before")
    @classmethod
    def _hash_pairs(cls, value: object) -> object:
        return _hashes(_pairs(value, lone=None)) if isinstance(value, str) else value

    @field_validator("devices", "allowed_origins", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 32:
            raise ValueError("takes 32 random characters or more")
        return value

    @field_validator("public_url")
    @classmethod
    def _no_trailing_slash(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("starts with http:// or https://")
        return value.rstrip("/") if value else None

    @field_validator("allowed_origins")
    @classmethod
    def _origins_without_paths(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if origin != "*" and not re.fullmatch(r"https?://[^/\s]+", origin):
                raise ValueError(f"takes origins such as https://app.example, or *, not {origin!r}")
        return value

    def shows(self, switch: bool | None) -> bool:
        """Whether one of the switches that production turns off is on."""
        return not self.production if switch is None else switch

    @property
    def access_required(self) -> bool:
        return self.access == "required"

    @property
    def sqlite_path(self) -> Path:
        return self.data_dir / "manganace.sqlite3"

    @property
    def effective_database_url(self) -> str:
        return self.database_url or f"sqlite:///{self.sqlite_path}"

    @property
    def effective_cache_dir(self) -> Path:
        return self.cache_dir or self.data_dir / "cache"

    @property
    def static_dir(self) -> Path:
        return self.data_dir / "static"


def read_settings(env_file: Path | None = Path(".env")) -> Settings:
    """Raises SettingsError for a value that does not fit, and for a MANGANACE_ variable that does not exist."""
    unknown = sorted(
        name
        for name in os.environ
        if name.startswith(PREFIX) and name[len(PREFIX) :].lower() not in Settings.model_fields
    )
    if unknown:
        raise SettingsError(f"there is no setting {', '.join(unknown)}; the README lists those that exist")
    try:
        return Settings(_env_file=env_file)  # type: ignore[call-arg]
    except ValidationError as error:
        lines = [f"{PREFIX}{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors()]
        raise SettingsError("\n".join(lines)) from None


def _pairs(text: str, lone: str | None) -> NamedPaths:
    """``a=x,b=y``; with `lone`, a single FILE without a name gets that name."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if lone is not None and len(parts) == 1 and "=" not in parts[0]:
        return ((lone, Path(parts[0]).expanduser()),)
    pairs = []
    for part in parts:
        name, equals, path = part.partition("=")
        if not (name.strip() and equals and path.strip()):
            raise ValueError(f"takes NAME=FILE pairs separated by commas, not {part!r}")
        pairs.append((name.strip(), Path(path.strip()).expanduser()))
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("gives a name twice")
    return tuple(pairs)


def _hashes(pairs: NamedPaths) -> NamedHashes:
    hashes = tuple((name, str(given).lower()) for name, given in pairs)
    for name, sha256 in hashes:
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            raise ValueError(f"takes the 64 hexadecimal digits of a SHA-256 for {name!r}, not {sha256!r}")
    return hashes
