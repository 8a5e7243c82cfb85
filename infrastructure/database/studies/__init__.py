"""Perception studies as rows: designs, participants' runs, answers, and what is reported of them."""
