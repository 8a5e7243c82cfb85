"""Links into one study session: signed, so that nobody can make one up, and good for half a year."""

import hashlib
from collections.abc import Collection, Mapping

from itsdangerous import BadSignature, TimestampSigner

from domain.access import Caller
from domain.studies.participation import INVITATION_HOURS

PREFIX = "mngs."
"""What a participant's bearer begins with: no token of a researcher does."""

LASTS_S = INVITATION_HOURS * 3600


class SignedStudyLinks:
    """Makes the bearers of participants, and knows whose a bearer is. `key` is for this purpose alone."""

    def __init__(self, key: bytes) -> None:
        self._signer = TimestampSigner(key, salt="study link", key_derivation="hmac", digest_method=hashlib.sha256)

    def bearer(self, session_id: str) -> str:
        return PREFIX + self._signer.sign(session_id).decode()

    async def callers(self, bearers: Collection[str]) -> Mapping[str, Caller]:
        """Whether the session still exists is for the verb to see: nothing is read here."""
        known = {bearer: self._session(bearer) for bearer in bearers if bearer.startswith(PREFIX)}
        return {
            bearer: Caller(f"participant {session_id}", frozenset(), study_session_id=session_id)
            for bearer, session_id in known.items()
            if session_id is not None
        }

    def _session(self, bearer: str) -> str | None:
        try:
            return self._signer.unsign(bearer.removeprefix(PREFIX), max_age=LASTS_S).decode()
        except (BadSignature, UnicodeError):
            return None
