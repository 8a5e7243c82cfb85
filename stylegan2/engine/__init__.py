"""Engines: what renders, one child process a device, behind one protocol of plain arrays.

In the child (Python 3.7 syntax, NumPy only, so that an old interpreter can run it):

- ``wire``: messages over a socket, pictures through shared memory
- ``child``: the loop that serves an engine, and what an engine has to offer
- ``torch_engine``: PyTorch, on a CPU or a CUDA device (`stylegan2.openvino` has the CPU's faster one)

In the parent:

- ``process``: starts, calls, watches and ends one child
- ``device``: brings a device's engines up, checks them by a canary face, replaces the lost
- ``driver``: turns waiting faces into batches, and failing batches into one culprit
"""
