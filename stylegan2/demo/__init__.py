"""A face network of our own, from nothing: a tutorial that ends in the files the product ships.

In the order in which they are best read:

- ``expression``, ``people``, ``appearance``: action units and emotions, identity factors, and what they look like
- ``renderer``: draws a portrait of all that
- ``network``, ``mapping``: a small StyleGAN2, its two halves trained apart
- ``teacher``, ``lessons``, ``loss``, ``averaging``, ``exam``, ``training``: paired regression on drawn portraits
- ``export``, ``directions``, ``workshop``: the product's file, the directions in its latent space, the order of work
- ``faces``, ``reading``, ``evaluation``, ``cost``, ``report``, ``sheets``, ``seeds``, ``labels``: about what is shipped

``python -m stylegan2.demo make`` does everything. It imports torch; nothing that serves does so through here.
"""
