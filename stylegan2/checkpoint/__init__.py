"""Files in and out: NVIDIA's TensorFlow and torch pickles and our safetensors in, safetensors out.

Nothing of a file is ever executed, and neither torch nor TensorFlow is imported.
"""

from stylegan2.checkpoint.archive import write_network
from stylegan2.checkpoint.files import file_sha256
from stylegan2.checkpoint.inspection import convert, describe_network, description_of, inspect_text
from stylegan2.checkpoint.reader import read_network
from stylegan2.checkpoint.validation import check_network

__all__ = [
    "check_network",
    "convert",
    "describe_network",
    "description_of",
    "file_sha256",
    "inspect_text",
    "read_network",
    "write_network",
]
