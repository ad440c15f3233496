// Live counts, local times, a file by drag and drop, one click one campaign. Every page works without it.
"use strict";

const localTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const exactTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

function showTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const then = new Date(time.dateTime);
    time.title ||= time.textContent;
    time.textContent = ("exact" in time.dataset ? exactTime : localTime).format(then);
  }
}

function showTime(place, iso) {
  if (!iso || place.querySelector(`time[datetime="${iso}"]`)) return;
  const time = document.createElement("time");
  time.dateTime = iso;
  place.replaceChildren(time);
  showTimes(place);
}

function show(view) {
  const root = document.querySelector(`[data-campaign="${CSS.escape(view.id)}"]`);
  if (!root) return;
  for (const place of root.querySelectorAll("[data-live]")) {
    const text = view.texts[place.dataset.live];
    if (text === undefined || place.textContent === text) continue;
    place.textContent = text;
    place.classList.toggle("zero", text === "0");
  }
  for (const place of root.querySelectorAll("[data-time]")) showTime(place, view.times[place.dataset.time]);
  const badge = root.querySelector("[data-badge]");
  if (badge) badge.className = `badge tone-${view.tone}`;
  for (const action of root.querySelectorAll("[data-can]")) action.hidden = !view.can.includes(action.dataset.can);
  const bar = root.querySelector("svg.bar");
  if (!bar) return;
  bar.setAttribute("aria-label", `${view.texts.done} of ${view.texts.total} handled`);
  for (const piece of view.bar) {
    const rect = bar.querySelector(`[data-tone="${piece.tone}"]`);
    rect.setAttribute("x", piece.x);
    rect.setAttribute("width", piece.width);
  }
}

function follow(place) {
  const source = new EventSource(place.dataset.events);
  source.addEventListener("message", (event) => JSON.parse(event.data).forEach(show));
  source.addEventListener("over", () => source.close());
  addEventListener("pagehide", () => source.close());
}

function acceptDrops(place) {
  const input = place.querySelector("input[type=file]");
  place.addEventListener("dragover", (event) => {
    event.preventDefault();
    place.classList.add("over");
  });
  place.addEventListener("dragleave", () => place.classList.remove("over"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    place.classList.remove("over");
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  });
}

function sendOnce(form) {
  form.addEventListener("submit", () => {
    form.querySelector(".busy").hidden = false;
    // After this turn: a button that is disabled at once would not be part of what is sent.
    setTimeout(() => form.querySelectorAll("button").forEach((button) => (button.disabled = true)));
  });
  addEventListener("pageshow", () => form.querySelectorAll("button").forEach((button) => (button.disabled = false)));
}

function chooseOwnZone(select) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...select.options].some((option) => option.value === own)) select.value = own;
}

showTimes(document);
document.querySelectorAll("[data-events]").forEach(follow);
document.querySelectorAll("[data-drop]").forEach(acceptDrops);
document.querySelectorAll("form[data-once]").forEach(sendOnce);
document.querySelectorAll("select[data-zone]").forEach((select) => {
  if (!select.querySelector("option[selected]")) chooseOwnZone(select);
});
document.querySelector("#problem")?.focus();
