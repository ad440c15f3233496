// Beside the message of a new campaign: the server says how long it is and shows a row with it. All texts come from there.
"use strict";

document.documentElement.classList.add("has-scripts");

const restBeforeAsking = 250;
const answered = new WeakMap(); // the message that is spoken of
let waiting;
let asked;

async function askAbout(place) {
  clearTimeout(waiting);
  asked?.abort();
  asked = new AbortController();
  const message = place.querySelector("textarea").value;
  const fields = new FormData(place.closest("form"));
  for (const name of ["file", "media", "list"]) fields.delete(name);
  const question = { method: "POST", body: fields, signal: asked.signal };
  const answer = await fetch(place.dataset.compose, question).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const page = await answer.text().catch(() => ""); // given up for a newer question
  if (!page) return;
  const now = new DOMParser().parseFromString(page, "text/html");
  for (const part of place.querySelectorAll("[data-written]")) {
    const fresh = now.querySelector(`[data-written="${part.dataset.written}"]`);
    if (fresh && fresh.innerHTML !== part.innerHTML) part.replaceChildren(...fresh.childNodes);
  }
  answered.set(place, message);
}

function askSoon(place, rest = restBeforeAsking) {
  clearTimeout(waiting);
  waiting = setTimeout(askAbout, rest, place);
}

// As if it were typed, so that it can be undone.
function write(field, text) {
  field.focus();
  if (!document.execCommand("insertText", false, text)) field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
}

// What is offered for a text that was changed since is asked for again.
async function replaceAll(place, message, kind) {
  if (message.value !== (answered.get(place) ?? message.defaultValue)) await askAbout(place);
  const offered = place.querySelector(`[data-replace="${kind}"]`);
  if (!offered || message.value !== (answered.get(place) ?? message.defaultValue)) return;
  const text = offered.dataset.write;
  message.select();
  write(message, text);
}

function press(place, { replace, insert, at, length, step, row }) {
  const message = place.querySelector("textarea");
  const number = place.querySelector("[name=row]");
  if (replace !== undefined) {
    replaceAll(place, message, replace);
  } else if (insert !== undefined) {
    write(message, insert);
  } else if (at !== undefined) {
    message.focus();
    message.setSelectionRange(+at, +at + +length);
  } else {
    const wanted = row ?? Number(number.value) + Number(step);
    number.value = Math.min(Math.max(wanted, 1), number.max || wanted);
    askSoon(place, 0);
  }
}

addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-compose] button[type=button]");
  if (button) press(button.closest("[data-compose]"), button.dataset);
});

addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.name !== "row") return;
  event.preventDefault(); // it shows a row and sends nothing
  askSoon(event.target.closest("[data-compose]"), 0);
});

addEventListener("input", (event) => {
  const place = event.target.closest?.("[data-compose]");
  if (place) askSoon(place);
});
