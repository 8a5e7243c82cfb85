"""A generation's images as one animated file: written by a short-lived process of its own, one frame at a time."""
