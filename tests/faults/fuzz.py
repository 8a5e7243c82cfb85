"""`make fuzz`: atheris looks for a file that the reader of networks does not refuse by its own errors.

Options are libFuzzer's: ``-max_total_time=600``. What it finds lies in build/fuzz/, with the corpus that it has grown.
"""

import sys
import tempfile
from pathlib import Path

WORKPLACE = Path(__file__).parents[2] / "build" / "fuzz"
MOST_BYTES = 1 << 16
MEMORY_MB = 1024


def main(options: list[str]) -> int:
    try:
        import atheris
    except ImportError:
        print("make fuzz needs atheris: .venv/bin/python -m pip install atheris")
        return 1
    with atheris.instrument_imports(include=["stylegan2.checkpoint"]):
        from stylegan2.checkpoint import read_network
    from stylegan2.errors import StyleGanError
    from tests.unit.test_checkpoint_fuzz import SAMPLES

    corpus = WORKPLACE / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for index, sample in enumerate(SAMPLES):
        (corpus / f"sample-{index}").write_bytes(sample)
    file = Path(tempfile.mkdtemp()) / "network"

    def read(content: bytes) -> None:
        file.write_bytes(content)
        try:
            read_network(file)
        except StyleGanError as error:
            assert str(error), "a refusal without a reason"  # noqa: PT017

    limits = [f"-max_len={MOST_BYTES}", f"-rss_limit_mb={MEMORY_MB}", "-timeout=5", f"-artifact_prefix={WORKPLACE}/"]
    atheris.Setup([sys.argv[0], *limits, *options, str(corpus)], read)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
