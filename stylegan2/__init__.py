"""StyleGAN2 for people who want faces: read a network, map seeds to latents, move the latents, render pictures.

Importing this package imports neither torch nor NumPy; each module says what it needs:

- ``stylegan2.checkpoint``: files in and out (NVIDIA's pickles, safetensors), without executing code from them
- ``stylegan2.network``: what a file holds once it is read
- ``stylegan2.latents``, ``stylegan2.directions``: the latent arithmetic, NumPy only
- ``stylegan2.face``: everything that decides the pixels of one picture
- ``stylegan2.networks``: the networks in PyTorch
- ``stylegan2.tensorflow``: the networks in TensorFlow 1.14, for an interpreter of its own
- ``stylegan2.engine``, ``stylegan2.runner``: one child process a device, and the pool that feeds them
"""
