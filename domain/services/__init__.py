"""The verbs: each opens one unit of work for what it does and says what it raises."""
