"""What can be wrong with a database before the first question is asked; each message says what to do."""


class DatabaseError(Exception):
    """The address is not usable, the server does not answer, or the schema does not fit."""


class SchemaOutdated(DatabaseError):
    """The database has the form of an older version."""


class SchemaUnknown(DatabaseError):
    """The database was migrated by a newer version, or by something else."""
