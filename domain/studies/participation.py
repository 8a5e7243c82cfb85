"""The rules of taking part: consent before anything, going on within the policy, leaving at any time."""

import hashlib
from collections.abc import Collection
from datetime import datetime

from domain.errors import Conflict, Invalid
from domain.studies.design import Consent, ResumePolicy, canonical
from domain.studies.records import SessionStatus, StudySession

MIN_AGE, MAX_AGE = 1, 130
DEVICE_KEY_LENGTH = (16, 200)
MAX_TEXT = 50_000


def free_slot(held: Collection[int]) -> int:
    """The lowest that nobody holds: who drops out or withdraws gives theirs back, and the balance repairs itself."""
    taken = set(held)
    return next(slot for slot in range(len(taken) + 1) if slot not in taken)


GRACE_HOURS = 0.5
"""Even a policy that lets nobody resume counts a pause of this length as going on."""

INVITATION_HOURS = 182 * 24
"""How long a link into a session opens it."""


def lapsed(session: StudySession, policy: ResumePolicy) -> bool:
    """Not finished, and too long ago to go on; or never begun, and the link opens it no longer."""
    if not session.status.open:
        return False
    invited = session.status is SessionStatus.INVITED
    return session.idle_s > (INVITATION_HOURS if invited else max(policy.hours, GRACE_HOURS)) * 3600


def check_open(session: StudySession, policy: ResumePolicy, device_key: str | None) -> None:
    """Raises Conflict when this participant may not go on (any more), or not here."""
    if session.status is SessionStatus.WITHDRAWN:
        raise Conflict("this participation was withdrawn; its data is erased")
    if session.status is SessionStatus.COMPLETED:
        raise Conflict("this study session is complete")
    if session.status is SessionStatus.DROPPED_OUT or lapsed(session, policy):
        raise Conflict("too much time has passed to go on with this study session")
    begun = session.status is not SessionStatus.INVITED
    if begun and policy.same_device and session.device_sha256 != device_hash(device_key):
        raise Conflict("this study session goes on only on the device it was begun on", ("input", "deviceKey"))


def check_consented(session: StudySession) -> None:
    """The gate: nothing is shown and nothing is kept before there is consent. Raises Conflict."""
    if session.status is SessionStatus.INVITED:
        raise Conflict("there is no consent yet; send giveConsent first")


def check_consent(given: int, asked: Consent) -> None:
    """Raises Conflict: who agreed to another text than this study's did not agree to this study."""
    if given != asked.number:
        message = f"this study asks for consent to version {asked.number} of its text; show that one"
        raise Conflict(message, ("input", "consentVersion"))


def check_device_key(key: str | None, policy: ResumePolicy) -> None:
    """Raises Invalid."""
    least, most = DEVICE_KEY_LENGTH
    if key is None and policy.same_device:
        message = "this study goes on only on one device: send a deviceKey and keep it there"
        raise Invalid(message, ("input", "deviceKey"))
    if key is not None and not least <= len(key) <= most:
        raise Invalid(f"deviceKey is {least} to {most} characters drawn by the client", ("input", "deviceKey"))


def device_hash(key: str | None) -> str | None:
    return None if key is None else hashlib.sha256(key.encode()).hexdigest()


def check_age(age: int | None) -> None:
    if age is not None and not MIN_AGE <= age <= MAX_AGE:
        raise Invalid(f"age is {MIN_AGE} to {MAX_AGE} years", ("input", "age"))


def check_text(text: str) -> str:
    """A consent text. Raises Invalid."""
    if not 0 < len(text.strip()) <= MAX_TEXT:
        raise Invalid(f"consentText is 1 to {MAX_TEXT} characters", ("input", "consentText"))
    return text


def text_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def receipt_hash(
    *, receipt_id: str, session: StudySession, version_number: int, answers_erased: int, at: datetime
) -> str:
    """What the receipt's other fields add up to, so that nobody can change one unseen."""
    document = {
        "receipt": receipt_id,
        "study": session.study_id,
        "version": version_number,
        "session": session.id,
        "answersErased": answers_erased,
        "withdrawnAt": at.isoformat(),
    }
    return hashlib.sha256(canonical(document).encode()).hexdigest()
