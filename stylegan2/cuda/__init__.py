"""StyleGAN2 on a CUDA device, in float16 where its range allows: the same network, in fewer and smaller passes.

- ``finishing``: everything that follows a convolution, in one pass: as plain PyTorch, and which form serves
- ``kernels``: the same pass as a Triton kernel
- ``half``: the synthesis network (arXiv:1912.04958) with float16 layers, made of those passes
- ``graphs``: its launches recorded once for each batch size, and pictures copied out beside the next ones
- ``picture_maker``: what the engine calls: float16 where it was seen to render as float32 does, else float32

The definition is `stylegan2.networks`; nothing here is differentiable.
"""
