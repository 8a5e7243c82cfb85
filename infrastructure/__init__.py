"""The world outside: database, files, engines, settings, command line. Adapters for the domain's ports."""
