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
    """One network, rendered as fast as the devices can."""

    served: ServedNetwork
    loaded: LoadedCatalogue
    runner: Runner
    encoder: PictureEncoder

    @classmethod
    @contextmanager
    def opened(
        cls, settings: Settings, name: str, path: Path, directions: Path | None, service: str
    ) -> Iterator["OfflineRenderer"]:
        """Raises CatalogueError for files that cannot be used, EngineUnavailable for an engine that is not there."""
        named = (name, path) in settings.networks
        hashes = [pair for pair in settings.network_sha256 if named and pair[0] == name]
        loaded = load_catalogue(((name, path),), ((name, directions),) if directions else (), hashes)
        encoder = PictureEncoder(service)
        try:
            with make_runner(settings, loaded) as runner:
                yield cls(loaded.catalogue.served[0], loaded, runner, encoder)
        finally:
            encoder.close()

    def write(self, recipe: Recipe, path: Path) -> "Future[Path]":
        """Queue a picture; the future gives `path` once it is written, or raises StyleGanError or OSError."""
        written: Future[Path] = Future()
        face = face_of(recipe, self.loaded)
        self.runner.submit(face, Priority.BULK).add_done_callback(
            lambda done: self._encode(done, recipe, path, written)
        )
        return written

    def _encode(self, done: "Future[Rendered]", recipe: Recipe, path: Path, written: "Future[Path]") -> None:
        if error := done.exception():
            written.set_exception(error)
            return
        encoding = self.encoder.submit(done.result().pixels, recipe, Urgency.BULK)
        encoding.add_done_callback(lambda encoded: _save(encoded, path, written))


def _save(encoded: "Future[EncodedPicture]", path: Path, written: "Future[Path]") -> None:
    try:
        path.write_bytes(encoded.result().image)
    except Exception as error:
        written.set_exception(error)
    else:
        written.set_result(path)
