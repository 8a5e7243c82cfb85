"""PNG files (PNG, third edition) in NumPy and zlib, several times as fast as the usual libraries and no larger."""

from infrastructure.png.writing import Text, png

__all__ = ["Text", "png"]
