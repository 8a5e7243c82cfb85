"""The method of perception studies: what is shown to whom, in which order, and what is made of the answers.

Nothing here knows a database or a clock: whoever reads these modules reads the method.
"""
