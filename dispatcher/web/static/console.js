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

// Announced by screen readers: touched only when it says something else.
function showSentence(place, [before, iso, after]) {
  const said = document.createElement("p");
  const time = document.createElement("time");
  if (iso) time.dateTime = iso;
  said.append(...[before, iso && time, after].filter(Boolean));
  showTimes(said);
  if (said.textContent !== place.textContent) place.replaceChildren(...said.childNodes);
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
  for (const place of root.querySelectorAll("[data-now]")) showSentence(place, view.now);
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

// Tables and links that come and go while a campaign runs are taken from the page as it is now.
async function renewParts(root) {
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const now = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of root.querySelectorAll("[data-part]")) {
    const fresh = now.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!fresh || part.contains(document.activeElement) || fresh.innerHTML === written.get(part)) continue;
    written.set(part, fresh.innerHTML);
    part.replaceChildren(...fresh.childNodes);
    prepare(part);
  }
}

const written = new WeakMap();
const renewEvery = 5000;
const longestRest = 60000;

// A browser gives up where something else than events is answered, as by a balancer whose last door ends just now.
function follow(place, rest = 2500) {
  const source = new EventSource(place.dataset.events);
  const parts = place.querySelector("[data-part]") !== null;
  let renewed = Date.now();
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(() => follow(place, Math.min(2 * rest, longestRest)), rest);
  });
  source.addEventListener("message", (event) => {
    rest = 2500;
    JSON.parse(event.data).forEach(show);
    if (!parts || Date.now() - renewed < renewEvery) return;
    renewed = Date.now();
    renewParts(place);
  });
  source.addEventListener("over", () => {
    source.close();
    if (parts) renewParts(place);
  });
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

function buttonsOf(form) {
  return [...form.elements].filter((element) => element.type === "submit");
}

function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    form.querySelector(".busy").hidden = false;
    const files = [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length);
    if (files && form.querySelector("progress.upload")) upload(form, event);
    // After this turn: a button that is disabled at once would not be part of what is sent.
    setTimeout(() => buttonsOf(form).forEach((button) => (button.disabled = true)));
  });
  addEventListener("pageshow", () => buttonsOf(form).forEach((button) => (button.disabled = false)));
}

// The same request as the form makes by itself, with a bar that shows how much of it has gone.
function upload(form, event) {
  event.preventDefault();
  const fields = new FormData(form);
  if (event.submitter?.name) fields.set(event.submitter.name, event.submitter.value);
  const bar = form.querySelector("progress.upload");
  const busy = form.querySelector(".busy");
  const request = new XMLHttpRequest();
  bar.hidden = false;
  request.upload.addEventListener("progress", (sent) => {
    bar.value = (100 * sent.loaded) / sent.total;
    busy.textContent = bar.value < 100 ? `Uploading, ${Math.floor(bar.value)} %` : "Checking…";
  });
  request.addEventListener("load", () => {
    const main = new DOMParser().parseFromString(request.responseText, "text/html").querySelector("main");
    if (new URL(request.responseURL).pathname !== location.pathname || !main) return location.assign(request.responseURL);
    document.querySelector("main").replaceWith(main);
    prepare(main);
    scrollTo(0, 0);
  });
  request.addEventListener("error", () => {
    bar.hidden = true;
    busy.textContent = "The upload broke off. Check the connection and press the button again.";
    buttonsOf(form).forEach((button) => (button.disabled = false));
  });
  request.open("POST", form.getAttribute("action")); // the buttons are called `action` too
  request.send(fields);
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

function prepare(root) {
  showTimes(root);
  if (navigator.clipboard) root.querySelectorAll("[data-copy]").forEach(copyOnClick);
  root.querySelectorAll("[data-events]").forEach(follow);
  root.querySelectorAll("[data-drop]").forEach(acceptDrops);
  root.querySelectorAll("form[data-once]").forEach(sendOnce);
  root.querySelectorAll("select[data-zone]").forEach((select) => {
    if (!select.querySelector("option[selected]")) chooseOwnZone(select);
  });
  root.querySelector("#problem")?.focus();
}

// On a phone the menu is wider than the screen.
function showPlace(menu) {
  const here = menu.querySelector("[aria-current]");
  if (here) menu.scrollLeft = here.offsetLeft - menu.offsetLeft - (menu.clientWidth - here.offsetWidth) / 2;
}

prepare(document);
document.querySelectorAll(".top nav").forEach(showPlace);
