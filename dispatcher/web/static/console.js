// Live counts, local times, a file by drag and drop, one click one campaign. Every page works without it.
"use strict";

const localTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const clockTime = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const exactTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

function showTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const then = new Date(time.dateTime);
    time.title ||= time.textContent;
    const format = "clockTime" in time.dataset ? clockTime : "exact" in time.dataset ? exactTime : localTime;
    time.textContent = format.format(then);
  }
}

function showTime(place, iso, how) {
  if (!iso || place.querySelector(`time[datetime="${iso}"]`)) return;
  const time = document.createElement("time");
  time.dateTime = iso;
  if (how) time.dataset.clockTime = "";
  place.replaceChildren(time);
  showTimes(place);
}

function showChart(root, chart) {
  const figure = root.querySelector("[data-chart]");
  if (!figure) return;
  figure.hidden = false;
  root.querySelector("[data-no-chart]").hidden = true;
  for (const path of figure.querySelectorAll("[data-path]")) path.setAttribute("d", chart[path.dataset.path]);
  for (const place of figure.querySelectorAll("[data-scale]")) place.textContent = chart[place.dataset.scale];
  for (const place of figure.querySelectorAll("[data-clock]")) showTime(place, chart[place.dataset.clock], "clock");
  figure.querySelector("[data-held]").hidden = !chart.limit;
  figure.querySelector("svg").setAttribute("aria-label", `Messages a second over time, at most ${chart.fastest}`);
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
  for (const [key, width] of Object.entries(view.funnel ?? {})) {
    root.querySelector(`[data-funnel="${key}"]`)?.setAttribute("width", width);
  }
  if (view.chart) showChart(root, view.chart);
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

function copyOnClick(button) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
}

showTimes(document);
if (navigator.clipboard) document.querySelectorAll("[data-copy]").forEach(copyOnClick);
document.querySelectorAll("[data-events]").forEach(follow);
document.querySelectorAll("[data-drop]").forEach(acceptDrops);
document.querySelectorAll("form[data-once]").forEach(sendOnce);
document.querySelectorAll("select[data-zone]").forEach((select) => {
  if (!select.querySelector("option[selected]")) chooseOwnZone(select);
});
document.querySelector("#problem")?.focus();
