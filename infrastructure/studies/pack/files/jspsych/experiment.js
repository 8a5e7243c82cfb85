// One participant's run of the study, in the order of ../trials.csv: index.html?slot=0 is the first participant's.
"use strict";

const slot = new URLSearchParams(location.search).get("slot") ?? "0";

async function table(address) {
  const text = await (await fetch(address)).text();
  const [head, ...lines] = text.trim().split(/\r?\n/).map((line) => line.split(","));
  return lines.map((line) => Object.fromEntries(head.map((name, index) => [name, line[index]])));
}

const image = (trial, step) =>
  `../stimuli/${trial.face_seed}/${trial.emotion}/${String(step).padStart(2, "0")}.png`;

function instruction(trial) {
  if (trial.target_step === "") {
    return `Move the slider to where <b>${trial.emotion}</b> looks most natural.`;
  }
  const end = Number(trial.target_step) === 0 ? "left" : "right";
  return `To show that you are paying attention, move the slider all the way to the <b>${end}</b>.`;
}

function sliderTrial(trial, steps) {
  const start = Number(trial.start_step);
  let shownAt = 0;
  let trajectory = [];
  return {
    type: jsPsychHtmlSliderResponse,
    stimulus: `<p>${instruction(trial)}</p><img id="face" alt="" src="${image(trial, start)}">`,
    min: 0,
    max: steps - 1,
    step: 1,
    slider_start: start,
    slider_width: 500,
    data: { ...trial, slot },
    on_load: () => {
      trajectory = [];
      // Two frames later the face has been painted: the response time counts from there.
      requestAnimationFrame(() => requestAnimationFrame((now) => { shownAt = now; }));
      document.querySelector("input[type=range]").addEventListener("input", (event) => {
        const step = Number(event.target.value);
        document.getElementById("face").src = image(trial, step);
        trajectory.push([Math.round(performance.now() - shownAt), step]);
      });
    },
    on_finish: (data) => {
      data.answer_step = Number(data.response);
      data.response_ms = performance.now() - shownAt;
      data.moved = trajectory.length > 0;
      data.trajectory = JSON.stringify(trajectory);
    },
  };
}

async function main() {
  const [trials, stimuli] = [await table("../trials.csv"), await table("../stimuli.csv")];
  const steps = 1 + Math.max(...stimuli.map((stimulus) => Number(stimulus.step)));
  const mine = trials.filter((trial) => trial.slot === slot);
  const jsPsych = initJsPsych({
    show_progress_bar: true,
    on_finish: () => {
      jsPsych.data.get().filterCustom((row) => "answer_step" in row).localSave("csv", `slot-${slot}.csv`);
    },
  });
  const button = (stimulus, label) => ({ type: jsPsychHtmlButtonResponse, stimulus, choices: [label] });
  if (mine.length === 0) {
    await jsPsych.run([button(`<p>trials.csv has no slot ${slot}.</p>`, "Close")]);
    return;
  }
  const needed = new Set(mine.map((trial) => `${trial.face_seed}/${trial.emotion}/`));
  const images = stimuli
    .filter((stimulus) => needed.has(`${stimulus.face_seed}/${stimulus.emotion}/`))
    .map((stimulus) => `../${stimulus.file}`);
  await jsPsych.run([
    { type: jsPsychPreload, images },
    button("<p>You will see faces made by a computer. Nobody in the pictures exists.</p>", "Begin"),
    ...mine.map((trial) => sliderTrial(trial, steps)),
    button("<p>That was all. Thank you.</p>", "Save the answers"),
  ]);
}

main();
