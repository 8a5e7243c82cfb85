"""StyleGAN2 in TensorFlow 1.14: an engine for labs that keep that stack, and a second opinion on the first engine.

TensorFlow 1.14 exists up to Python 3.7, so the engine runs in an interpreter of its own that needs NumPy and
TensorFlow only. What that interpreter imports is in Python 3.7's syntax:

- ``layout``, ``layers``, ``networks``: the mathematics (arXiv:1912.04958, arXiv:2006.06676) as TensorFlow operations
- ``generator``: one network's graph and session, arrays in and arrays out
- ``devices``: the GPU or the CPU that TensorFlow gets
- ``engine``: what serves the engines' protocol; ``reading`` has files read by the present interpreter

The present interpreter's side: ``command`` says how to start the engine, or what is missing (``interpreter`` finds a
Python 3.7); ``export`` is the reader's process.
"""
