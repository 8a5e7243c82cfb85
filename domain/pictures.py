"""Where a picture's two files lie under static/: named by the SHA-256 of their bytes, spread over 256 folders."""


def image_path(sha256: str) -> str:
    return f"images/{sha256[:2]}/{sha256}.png"


def thumbnail_path(sha256: str) -> str:
    return f"thumbnails/{sha256[:2]}/{sha256}.webp"
