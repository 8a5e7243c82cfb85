"""From settings to a runner: which devices, which engine, which bounds."""

from collections.abc import Callable

from infrastructure.catalogue import LoadedCatalogue
from infrastructure.cores import usable_cores
from infrastructure.settings import Settings
from stylegan2.engine.terms import DeviceSpec, EngineCommand, RunnerOptions
from stylegan2.errors import EngineUnavailable
from stylegan2.openvino.command import is_installed, openvino_command
from stylegan2.runner import Runner


def device_spec(settings: Settings, device: str) -> DeviceSpec:
    """What drives one of the settings' devices. Raises EngineUnavailable with what is missing."""
    threads = min(settings.threads or usable_cores(), usable_cores())
    return DeviceSpec(_named(settings, device), settings.batch_size, threads, _engine_command(settings, device))


def make_runner(settings: Settings, loaded: LoadedCatalogue, on_change: Callable[[], None] | None = None) -> Runner:
    """Not started yet; `on_change` is called, in a device's thread, when a device is ready or not any more.

    Raises EngineUnavailable.
    """
    devices = [device_spec(settings, name) for name in settings.devices]
    options = RunnerOptions(queue_limit=settings.queue_limit, hang_floor_s=settings.watchdog_s)
    return Runner(loaded.descriptions, devices, options, on_change)


def _engine_command(settings: Settings, device: str) -> EngineCommand:
    if settings.engine == "tensorflow":
        from stylegan2.tensorflow.command import tensorflow_command

        return tensorflow_command()
    precision = ("--precision", settings.precision)
    if settings.engine == "openvino" and device not in ("auto", "cpu"):
        raise EngineUnavailable(f"OpenVINO runs on the CPU, not on {device}: set MANGANACE_ENGINE=torch for it")
    if settings.engine == "openvino" or (settings.engine == "auto" and device in ("auto", "cpu") and is_installed()):
        return openvino_command(settings.effective_cache_dir, precision)
    return EngineCommand(arguments=precision)


def _named(settings: Settings, device: str) -> str:
    """OpenVINO alone means the CPU, whatever else is there."""
    return "cpu" if settings.engine == "openvino" else device
