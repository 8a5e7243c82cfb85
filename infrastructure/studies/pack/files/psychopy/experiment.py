"""One participant's run of the study, in the order of ../trials.csv: `python experiment.py 0` is the first one's.

Needs PsychoPy (https://www.psychopy.org). Each answer is written to data/slot-N.csv as soon as it is given; a run that
was interrupted goes on where it stopped.
"""

import csv
import json
import sys
from pathlib import Path

from psychopy import core, event, visual

HERE = Path(__file__).resolve().parent
PACK = HERE.parent
COLUMNS = ("slot", "trial", "kind", "face_seed", "emotion", "start_step", "answer_step", "response_ms", "moved")


def table(name):
    with (PACK / name).open(newline="") as file:
        return list(csv.DictReader(file))


def images(trial):
    folder = PACK / "stimuli" / trial["face_seed"] / trial["emotion"]
    return sorted(folder.glob("*.png"))


def instruction(trial):
    if trial["target_step"] == "":
        return f"Move the slider to where {trial['emotion']} looks most natural, then press the space bar."
    end = "left" if trial["target_step"] == "0" else "right"
    return f"To show that you are paying attention, move the slider all the way to the {end}, then press the space bar."


def ask(window, trial):
    """(step, response time in ms, [[ms, step], …])"""
    look = {"pos": (0, 0.15), "size": (0.6, 0.6), "interpolate": True}
    faces = [visual.ImageStim(window, image=str(file), **look) for file in images(trial)]
    steps, start = len(faces), int(trial["start_step"])
    slider = visual.Slider(
        window, ticks=(0, steps - 1), startValue=start, granularity=1, style="slider", pos=(0, -0.28), size=(0.8, 0.05)
    )
    text = visual.TextStim(window, text=instruction(trial), pos=(0, -0.4), height=0.03, wrapWidth=1.4)
    clock, trajectory, step = core.Clock(), [], start
    event.clearEvents()
    window.callOnFlip(clock.reset)  # time counts from when the first face is on the screen
    while True:
        position = slider.getMarkerPos()
        now = start if position is None else round(position)
        if now != step:
            step = now
            trajectory.append([round(clock.getTime() * 1000), step])
        for part in (faces[step], slider, text):
            part.draw()
        window.flip()
        keys = event.getKeys(["space", "escape"])
        if "escape" in keys:
            core.quit()
        if "space" in keys:
            return step, clock.getTime() * 1000, trajectory


def main():
    slot = sys.argv[1] if len(sys.argv) > 1 else "0"
    file = HERE / "data" / f"slot-{slot}.csv"
    file.parent.mkdir(exist_ok=True)
    answered = set()
    if file.exists():
        with file.open(newline="") as before:
            answered = {row["trial"] for row in csv.DictReader(before)}
    mine = [trial for trial in table("trials.csv") if trial["slot"] == slot and trial["trial"] not in answered]
    if not mine:
        sys.exit(f"nothing is left to do for slot {slot}")
    window = visual.Window(fullscr=True, units="height", color="gray")
    with file.open("a", newline="") as kept:
        writer = csv.DictWriter(kept, [*COLUMNS, "trajectory"], extrasaction="ignore")
        if not answered:
            writer.writeheader()
        for trial in mine:
            step, response_ms, trajectory = ask(window, trial)
            answer = {"answer_step": step, "response_ms": response_ms, "moved": bool(trajectory)}
            writer.writerow({**trial, **answer, "trajectory": json.dumps(trajectory)})
            kept.flush()
    window.close()


if __name__ == "__main__":
    main()
