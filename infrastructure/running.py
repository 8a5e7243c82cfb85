"""From settings to a runner: which devices, which engine, which bounds."""

from collections.abc import Callable

from infrastructure.catalogue import LoadedCatalogue
from infrastructure.settings import Settings
from stylegan2.engine.terms import DeviceSpec, EngineCommand, RunnerOptions
from stylegan2.runner import Runner


def engine_command(settings: Settings) -> EngineCommand:
    """Raises EngineUnavailable with what is missing."""
    if settings.engine == "tensorflow":
        from stylegan2.tensorflow.command import tensorflow_command

        return tensorflow_command()
    return EngineCommand()


def make_runner(settings: Settings, loaded: LoadedCatalogue, on_change: Callable[[], None] | None = None) -> Runner:
    """Not started yet; `on_change` is called, in a device's thread, when a device is ready or not any more.

    Raises EngineUnavailable.
    """
    command = engine_command(settings)
    devices = [DeviceSpec(name, settings.batch_size, settings.threads, command) for name in settings.devices]
    options = RunnerOptions(queue_limit=settings.queue_limit, hang_floor_s=settings.watchdog_s)
    return Runner(loaded.descriptions, devices, options, on_change)
