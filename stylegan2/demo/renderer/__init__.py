"""A procedural portrait renderer: batched tensors, no assets, CPU and CUDA.

Start reading at `portrait.render`. A head is a dome over an outline plus a relief of bumps and creases; the light
reads the relief, everything else is an anti-aliased shape composed over it. Facial action units (Ekman, Friesen &
Hager 2002) bend the curves and move the relief. It is the teacher that the demo network learns from.
"""

from stylegan2.demo.renderer.portrait import render

__all__ = ["render"]
