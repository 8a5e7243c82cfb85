"""As much of PsychoPy as the pack's example asks for: a participant who moves each slider to step 1 is in it.

Arguments are checked against those of PsychoPy 2026.2, whose real modules have run the example.
"""
