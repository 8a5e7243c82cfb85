"""Who asks, what they may do and whose things they see. How they prove it is not known here."""

from dataclasses import dataclass
from enum import Enum

from domain.errors import Forbidden

LOCAL_OWNER = "local"
"""Whose everything is that was made while access was off."""

STUDIES = "studies"
"""The owner of what was rendered for perception studies: nobody's own, and every researcher's to look up."""

RESERVED_OWNERS = (STUDIES, "command-line")
"""Names that no token's owner may have."""


class Scope(Enum):
    """What a caller may do; none contains another, but for ADMIN, which contains all."""

    READ = "read"
    GENERATE = "generate"
    LIBRARY = "library"
    RESEARCH = "research"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Caller:
    owner: str
    scopes: frozenset[Scope]
    token_id: str | None = None
    """The token that let them in; None for whoever came without one."""
    study_session_id: str | None = None
    """Set for a participant, who came by a link into this study session: no scope, and nothing but the session."""

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def require(self, scope: Scope) -> None:
        """Raises Forbidden."""
        if not self.may(scope):
            raise Forbidden(f"this needs the scope {scope.value!r}, which the token does not have")

    def participating(self) -> str:
        """The study session that the caller's link opens. Raises Forbidden."""
        if self.study_session_id is None:
            raise Forbidden("this is for participants: send the bearer that createStudySession answered")
        return self.study_session_id

    @property
    def lists(self) -> str | None:
        """The owner whose things lists show; None: everybody's."""
        return None if self.may(Scope.ADMIN) else self.owner

    def owns(self, owner: str) -> bool:
        """Whether a thing of this owner is the caller's to change."""
        return self.may(Scope.ADMIN) or owner == self.owner

    def sees(self, owner: str) -> bool:
        """Whether a thing of this owner exists for the caller, once they name it."""
        return self.owns(owner) or (owner == STUDIES and self.may(Scope.RESEARCH))


NOBODY = Caller("", frozenset())
"""Who has not said yet who they are."""

LOCAL = Caller(LOCAL_OWNER, frozenset(Scope))
"""Everybody, where access is off."""
