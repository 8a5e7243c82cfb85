"""Rendering into files without a service: the same catalogue, runner and encoder, and nothing else."""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from domain.generations import Priority as Urgency
from domain.networks import ServedNetwork
from domain.ports import EncodedPicture
from domain.recipe import Recipe
from infrastructure.catalogue import LoadedCatalogue, load_catalogue
from infrastructure.encoding import PictureEncoder
from infrastructure.engines import face_of
from infrastructure.running import make_runner
from infrastructure.settings import Settings
from stylegan2.runner import Priority, Rendered, Runner


@dataclass(frozen=True, slots=True)
class OfflineRenderer:
    """The networks of a catalogue, rendered as fast as the devices can."""

    loaded: LoadedCatalogue
    runner: Runner
    encoder: PictureEncoder

    @classmethod
    @contextmanager
    def opened(
        cls, settings: Settings, name: str, path: Path, directions: Path | None, service: str
    ) -> Iterator["OfflineRenderer"]:
        """Of one network. Raises CatalogueError for files that cannot be used, EngineUnavailable for an engine that is
        not there."""
        named = (name, path) in settings.networks
        hashes = [pair for pair in settings.network_sha256 if named and pair[0] == name]
        loaded = load_catalogue(((name, path),), ((name, directions),) if directions else (), hashes)
        with cls.of(settings, loaded, service) as renderer:
            yield renderer

    @classmethod
    @contextmanager
    def of(cls, settings: Settings, loaded: LoadedCatalogue, service: str) -> Iterator["OfflineRenderer"]:
        """Raises EngineUnavailable."""
        encoder = PictureEncoder(service)
        try:
            with make_runner(settings, loaded) as runner:
                yield cls(loaded, runner, encoder)
        finally:
            encoder.close()

    @property
    def served(self) -> ServedNetwork:
        """The first."""
        return self.loaded.catalogue.served[0]

    def encoded(self, recipe: Recipe) -> "Future[EncodedPicture]":
        """Queue a picture; the future may raise StyleGanError. Raises RenderFailed for what the catalogue lacks."""
        encoded: Future[EncodedPicture] = Future()
        encoded.set_running_or_notify_cancel()
        rendering = self.runner.submit(face_of(recipe, self.loaded), Priority.BULK)
        rendering.add_done_callback(lambda done: self._encode(done, recipe, encoded))
        return encoded

    def write(self, recipe: Recipe, path: Path) -> "Future[Path]":
        """Queue a picture; the future gives `path` once it is written, or raises StyleGanError or OSError."""
        written: Future[Path] = Future()
        self.encoded(recipe).add_done_callback(lambda encoded: _save(encoded, path, written))
        return written

    def _encode(self, done: "Future[Rendered]", recipe: Recipe, encoded: "Future[EncodedPicture]") -> None:
        if error := done.exception():
            encoded.set_exception(error)
            return
        encoding = self.encoder.submit(done.result().pixels, recipe, Urgency.BULK)
        encoding.add_done_callback(lambda ended: _pass_on(ended, encoded))


def _pass_on(ended: "Future[EncodedPicture]", encoded: "Future[EncodedPicture]") -> None:
    if error := ended.exception():
        encoded.set_exception(error)
    else:
        encoded.set_result(ended.result())


def _save(encoded: "Future[EncodedPicture]", path: Path, written: "Future[Path]") -> None:
    try:
        path.write_bytes(encoded.result().image)
    except Exception as error:
        written.set_exception(error)
    else:
        written.set_result(path)
