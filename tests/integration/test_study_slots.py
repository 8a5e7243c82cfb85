"""The counterbalancing repairs itself: no slot is lost or taken twice, and a session's trials become those planned."""

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from domain.access import Scope
from graph.ids import key_of
from infrastructure.database.studies.tables import sessions
from tests.integration.graphql_service import GraphQLService
from tests.integration.laboratory import CONSENT, RUN, TRIALS, Laboratory, answer, change, complete, laboratory_in


@pytest.fixture
async def laboratory(tmp_path: Path) -> AsyncIterator[Laboratory]:
    async with laboratory_in(tmp_path) as running:
        yield running


async def stay_away(laboratory: Laboratory, session: str, time: timedelta) -> None:
    """As if nothing had come from a participant for so long."""
    mine = sessions.c.id == key_of("StudySession", session, ())
    async with laboratory.service.database.units.writing_engine.begin() as connection:
        seen = (await connection.execute(select(sessions.c.seen_at).where(mine))).scalar_one()
        await connection.execute(update(sessions).where(mine).values(seen_at=seen - time))


async def slots(laboratory: Laboratory) -> dict[str, tuple[int, str]]:
    """(slot, status) of each session."""
    query = "query($id: ID!) { studySessions(studyId: $id, first: 100) { nodes { id slot status } } }"
    nodes = (await laboratory.researcher.data(query, {"id": laboratory.study["id"]}))["studySessions"]["nodes"]
    return {node["id"]: (node["slot"], node["status"]) for node in nodes}


async def test_a_slot_that_was_given_back_is_the_next_participants(laboratory: Laboratory) -> None:
    session, participant = await laboratory.invite()
    await participant.data(CONSENT)
    before = (await participant.data(RUN))["studyRun"]["trials"]
    await change(laboratory.researcher, "eraseParticipant", {"id": session}, "receipt { id }")
    _, successor = await laboratory.invite()
    await successor.data(CONSENT)
    after = (await successor.data(RUN))["studyRun"]["trials"]
    shown = [[trial[name] for name in ("number", "kind", "startStep", "urls")] for trial in before]
    assert shown == [[trial[name] for name in ("number", "kind", "startStep", "urls")] for trial in after]


async def test_whoever_stays_away_for_too_long_gives_the_slot_back_at_the_next_invitation(
    laboratory: Laboratory,
) -> None:
    session, participant = await laboratory.invite()
    invited, _ = await laboratory.invite()
    await participant.data(CONSENT)
    for one in (session, invited):
        await stay_away(laboratory, one, timedelta(hours=25))
    assert (await participant.ask(RUN))["errors"][0]["extensions"]["code"] == "CONFLICT"
    successor, _ = await laboratory.invite()
    assert await slots(laboratory) == {
        session: (0, "DROPPED_OUT"), invited: (1, "INVITED"), successor: (0, "INVITED"),
    }  # fmt: skip


async def test_an_invitation_whose_link_has_ended_gives_the_slot_back(laboratory: Laboratory) -> None:
    session, _ = await laboratory.invite()
    await stay_away(laboratory, session, timedelta(days=183))
    successor, _ = await laboratory.invite()
    assert await slots(laboratory) == {session: (0, "DROPPED_OUT"), successor: (0, "INVITED")}


async def test_whoever_lost_their_link_gets_another_and_goes_on(laboratory: Laboratory) -> None:
    session, participant = await laboratory.invite()
    await participant.data(CONSENT)
    await answer(participant, (await participant.data(RUN))["studyRun"]["trials"][0])
    renewed = await change(laboratory.researcher, "renewStudyLink", {"id": session}, "bearer")
    again = replace(participant, bearer=renewed["bearer"])
    run = await again.data("{ studyRun { status progress { answered trials } trials(ahead: 1) { number } } }")
    assert run["studyRun"] == {
        "status": "RUNNING", "progress": {"answered": 1, "trials": TRIALS}, "trials": [{"number": 2}],
    }  # fmt: skip
    ben = await laboratory.service.of("ben", Scope.RESEARCH)
    assert (await change(ben, "renewStudyLink", {"id": session}, "bearer"))["userErrors"][0]["code"] == "NOT_FOUND"
    await change(laboratory.researcher, "eraseParticipant", {"id": session}, "receipt { id }")
    refused = await change(laboratory.researcher, "renewStudyLink", {"id": session}, "bearer")
    assert (refused["bearer"], refused["userErrors"][0]["code"]) == (None, "CONFLICT")


async def test_an_invitation_holds_as_long_as_its_newest_link(laboratory: Laboratory) -> None:
    session, _ = await laboratory.invite()
    await stay_away(laboratory, session, timedelta(days=170))
    await change(laboratory.researcher, "renewStudyLink", {"id": session}, "bearer")
    await stay_away(laboratory, session, timedelta(days=170))
    other, _ = await laboratory.invite()
    assert await slots(laboratory) == {session: (0, "INVITED"), other: (1, "INVITED")}


async def test_no_slot_is_lost_and_none_is_taken_twice_whatever_happens(laboratory: Laboratory) -> None:
    chance = random.Random(5)
    links: dict[str, GraphQLService] = {}
    away: set[str] = set()
    for _ in range(40):
        now = await slots(laboratory)
        held = {slot for one, (slot, status) in now.items() if status in ("INVITED", "CONSENTED") and one not in away}
        going_on = sorted(one for one, (_, status) in now.items() if status in ("INVITED", "CONSENTED"))
        if not going_on or chance.random() < 0.4:
            session, link = await laboratory.invite()
            links[session] = link
            free = next(slot for slot in range(len(held) + 1) if slot not in held)
            assert (await slots(laboratory))[session][0] == free, "the lowest that nobody holds"
            continue
        one = chance.choice(going_on)
        match chance.choice(["consent", "away", "erased", "deleted"]):
            case "consent":
                await links[one].ask(CONSENT)
            case "away" if now[one][1] == "CONSENTED":
                await stay_away(laboratory, one, timedelta(hours=25))
                away.add(one)
            case "erased":
                await change(laboratory.researcher, "eraseParticipant", {"id": one}, "receipt { id }")
            case "deleted":
                await change(laboratory.researcher, "deleteStudySession", {"id": one}, "deletedId")


async def test_trials_that_are_missing_come_back(laboratory: Laboratory) -> None:
    session, participant = await laboratory.invite()
    await participant.data(CONSENT)
    await complete_one_then_lose_two(laboratory, participant, session)
    mended = await change(laboratory.researcher, "repairStudySession", {"id": session}, "repair { restored removed }")
    assert mended["repair"] == {"restored": [3, 5], "removed": []}
    await laboratory.render()
    assert await complete(participant) == TRIALS - 1


async def complete_one_then_lose_two(laboratory: Laboratory, participant: GraphQLService, session: str) -> None:
    await answer(participant, (await participant.data(RUN))["studyRun"]["trials"][0])
    async with laboratory.service.database.units.writing() as unit:
        (one,) = (await unit.study_sessions.open(await _version(laboratory))) or ()
        trials = await unit.study_sessions.trials_of(one.id)
        await unit.study_sessions.delete_trials([trials[3][0].id, trials[5][0].id])
        await unit.commit()


async def _version(laboratory: Laboratory) -> str:
    key = key_of("Study", laboratory.study["id"], ())
    async with laboratory.service.database.units.reading() as unit:
        return (await unit.studies.latest_versions([key]))[key].id


async def lose_the_last(laboratory: Laboratory) -> None:
    """As if the second of the two trials that wait had never been stored."""
    async with laboratory.service.database.units.writing() as unit:
        (one,) = await unit.study_sessions.open(await _version(laboratory))
        _, last = await unit.study_sessions.next_trials(one.id, 3)
        await unit.study_sessions.delete_trials([last.id])
        await unit.commit()


async def repaired(laboratory: Laboratory, session: str) -> dict[str, Any]:
    made = await change(
        laboratory.researcher, "repairStudySession", {"id": session}, "repair { restored removed status }"
    )
    assert made["userErrors"] == []
    repair: dict[str, Any] = made["repair"]
    return repair


async def test_a_session_whose_trials_are_all_answered_is_completed(laboratory: Laboratory) -> None:
    session, participant = await laboratory.invite()
    await participant.data(CONSENT)
    await laboratory.render()
    assert await complete(participant, TRIALS - 1) == TRIALS - 1
    async with laboratory.service.database.units.writing() as unit:
        (one,) = await unit.study_sessions.open(await _version(laboratory))
        (last,) = await unit.study_sessions.next_trials(one.id, 2)
        stray = replace(last.planned, place=TRIALS)
        await unit.study_sessions.add_trials(one.id, [stray])
        await unit.commit()
    trial = (await participant.data(RUN))["studyRun"]["trials"][0]
    assert (await answer(participant, trial))["userErrors"] == []
    assert (await slots(laboratory))[session] == (0, "RUNNING"), "a stray trial waits"
    assert await repaired(laboratory, session) == {"restored": [], "removed": [TRIALS], "status": "COMPLETED"}
    assert (await slots(laboratory))[session] == (0, "COMPLETED")


async def test_a_session_that_was_completed_without_a_trial_goes_on_with_it(laboratory: Laboratory) -> None:
    session, participant = await laboratory.invite()
    await participant.data(CONSENT)
    await laboratory.render()
    assert await complete(participant, TRIALS - 2) == TRIALS - 2
    await lose_the_last(laboratory)
    assert await complete(participant) == 1
    assert (await slots(laboratory))[session] == (0, "COMPLETED")
    assert await repaired(laboratory, session) == {"restored": [TRIALS - 1], "removed": [], "status": "RUNNING"}
    assert await complete(participant) == 1
    assert (await slots(laboratory))[session] == (0, "COMPLETED")
