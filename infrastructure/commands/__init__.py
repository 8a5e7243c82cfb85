"""The command line: `python main.py COMMAND`. One module a command; `command_line` puts them together."""
