"""A study's stimuli with what an experiment program needs to show them."""

from infrastructure.studies.pack.packing import FileEntry, PackEntry, TextEntry, pack, pictures_needed

__all__ = ["FileEntry", "PackEntry", "TextEntry", "pack", "pictures_needed"]
