"""Spans of time as people type them: 12h, 90d, 4w."""

import re
from datetime import timedelta

UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
SPAN = re.compile(r"([1-9][0-9]{0,4})([hdw])")
