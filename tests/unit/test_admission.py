"""Who is let in and who is turned out, whatever kind of proof it is."""

import asyncio
from collections.abc import Collection, Mapping

import pytest

from domain.access import LOCAL, Caller, Scope
from domain.errors import Unauthenticated
from domain.services import admission
from domain.services.admission import Admission, Authenticators

ANN = Caller("ann", frozenset({Scope.READ}), token_id="t")
VISITOR = Caller("studies", frozenset(), study_session_id="s")


class Known:
    """Knows the callers it was given, and counts how often it is asked."""

    def __init__(self, callers: Mapping[str, Caller]) -> None:
        self.known = dict(callers)
        self.asked: list[set[str]] = []
        self.broken = False

    async def callers(self, bearers: Collection[str]) -> Mapping[str, Caller]:
        self.asked.append(set(bearers))
        if self.broken:
            raise OSError("the disk is gone")
        return {bearer: self.known[bearer] for bearer in bearers if bearer in self.known}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "LOOK_AGAIN_S", 0.02)


async def over(event: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(event.wait(), 5)
    except TimeoutError:
        return False
    return True


async def test_where_access_is_off_everybody_is_local_but_who_says_who_they_are() -> None:
    open_to_all = Admission(Known({"a": ANN}))
    assert not open_to_all.required
    assert [await open_to_all.admit(bearer) for bearer in (None, "nonsense", "a")] == [LOCAL, LOCAL, ANN]


async def test_where_access_is_on_nobody_gets_in_without_a_proof() -> None:
    closed = Admission(Known({"a": ANN}), stranger=None)
    assert closed.required
    assert await closed.admit("a") is ANN
    for bearer in (None, "", "nonsense"):
        with pytest.raises(Unauthenticated):
            await closed.admit(bearer)


async def test_kinds_of_proof_are_asked_in_turn_and_only_for_what_is_left() -> None:
    tokens, links = Known({"a": ANN}), Known({"v": VISITOR})
    both = Authenticators((tokens, links))
    assert await both.callers(["a", "v", "x"]) == {"a": ANN, "v": VISITOR}
    assert links.asked == [{"v", "x"}]
    assert await both.callers(["a"]) == {"a": ANN}
    assert len(links.asked) == 1


async def test_who_stays_has_to_go_when_the_proof_has_no_force_any_more_and_nobody_else_has() -> None:
    known = Known({"a": ANN, "v": VISITOR})
    closed = Admission(known, stranger=None)
    with (
        closed.staying(ANN, "a") as anns,
        closed.staying(ANN, "a") as anns_second,
        closed.staying(VISITOR, "v") as other,
    ):
        await asyncio.sleep(0.1)
        assert not anns.is_set()
        del known.known["a"]
        assert await over(anns)
        assert await over(anns_second)
        assert not other.is_set()
    assert {"a", "v"} in known.asked, "all are looked at together"


async def test_nobody_is_looked_at_when_nobody_is_there() -> None:
    known = Known({"a": ANN})
    closed = Admission(known, stranger=None)
    before = len(asyncio.all_tasks())
    with closed.staying(ANN, "a"):
        await asyncio.sleep(0.05)
    with Admission(known).staying(LOCAL, None) as event, Admission(known).staying(LOCAL, "nonsense"):
        await asyncio.sleep(0.05)
        assert not event.is_set()
        asked = len(known.asked)
        await asyncio.sleep(0.05)
    assert len(known.asked) == asked
    assert len(asyncio.all_tasks()) == before


async def test_who_comes_as_the_last_one_leaves_is_looked_at_too() -> None:
    known = Known({"a": ANN, "v": VISITOR})
    closed = Admission(known, stranger=None)
    with closed.staying(ANN, "a"):
        await asyncio.sleep(0.03)
    with closed.staying(VISITOR, "v") as event:
        del known.known["v"]
        assert await over(event)


async def test_while_proofs_cannot_be_looked_at_who_is_there_stays(caplog: pytest.LogCaptureFixture) -> None:
    known = Known({"a": ANN})
    closed = Admission(known, stranger=None)
    with closed.staying(ANN, "a") as event:
        known.broken = True
        await asyncio.sleep(0.1)
        assert not event.is_set()
        known.broken = False
        del known.known["a"]
        assert await over(event)
    assert "could not be looked at" in caplog.text
    assert "'a'" not in caplog.text
