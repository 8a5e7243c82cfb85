"""StyleGAN2 in OpenVINO: the CPU's engine, for the network that `stylegan2.networks` defines.

- ``operations``, ``graph``: the mathematics (arXiv:1912.04958) as OpenVINO's operations, one picture at a time
- ``converting``: a process that builds a network's graphs, checks their pictures against torch's, and stores them
- ``stored``: the folder of stored conversions; ``converted``: one of them, ready to run
- ``engine``: what serves the engines' protocol; PyTorch serves what OpenVINO does not render as it does
- ``command``: says how to start the engine, or what is missing

A stored conversion is all that the engine needs: its process imports PyTorch only where PyTorch serves.
"""
