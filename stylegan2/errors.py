"""What can go wrong in this library; every error says what to do about it in its message."""


class StyleGanError(Exception):
    """The root of this library's errors."""


class UnreadableFile(StyleGanError):
    """A file is damaged, is of another kind, claims absurd sizes, or asks to run code."""


class UnsupportedNetwork(StyleGanError):
    """A file was read, and holds a network that is not a StyleGAN2 generator known here."""


class InvalidFace(StyleGanError, ValueError):
    """A face's seed, truncation, label, edits or noise do not fit the network or the field's ranges."""


class EngineError(StyleGanError):
    """An engine could not do one piece of work; others may succeed."""


class OutOfDeviceMemory(EngineError):
    """The batch did not fit into the device's memory; a smaller one may."""


class EngineLost(EngineError):
    """The engine's process died, hung or lost its device; it is replaced."""


class EngineUnavailable(EngineError):
    """No engine can be started; the message carries the last one's reason."""


class RunnerFull(StyleGanError):
    """The runner's queue has reached its bound."""


class RunnerClosed(StyleGanError):
    """The runner is closing or closed; the work was not done."""
