// Cells mended where they stand: each is checked as soon as it is left, Enter goes to the next, Escape puts it back.
"use strict";

const saving = new WeakMap();

function fields() {
  return [...document.querySelectorAll("[data-mend]")];
}

function checkAgain() {
  return document.querySelector("[data-check-again]");
}

function judge(field, fine, said) {
  field.setAttribute("aria-invalid", String(!fine));
  const place = document.getElementById(`wrong-${field.dataset.mend}`);
  place.textContent = said;
  place.classList.toggle("fine", fine);
  const left = fields().filter((each) => each.getAttribute("aria-invalid") === "true").length;
  document.querySelector("[data-mend-said]").textContent =
    `Line ${field.dataset.mend}: ${said} ${left ? `${left} left on this page.` : "None left on this page."}`;
  checkAgain().classList.add("primary");
}

async function save(field) {
  const mending = field.closest("[data-mending]");
  const body = new FormData();
  body.set("csrf", document.querySelector("#campaign [name=csrf]").value);
  body.set("held", mending.dataset.mending);
  body.set("page", mending.dataset.page);
  body.set("line", field.dataset.mend);
  body.set("mark", field.dataset.mark);
  body.set("value", field.value);
  const answer = await fetch("/new/mend", { method: "POST", body }).catch(() => null);
  const said = answer && !answer.redirected ? await answer.json().catch(() => null) : null;
  if (!said) return judge(field, false, "It could not be checked. Check all again.");
  if (!answer.ok) return judge(field, false, [said.detail, said.hint].filter(Boolean).join(" "));
  judge(field, said.fine, said.said);
}

// One after the other: the last thing written into a cell is the one that stays.
function saveInTurn(field) {
  const turn = (saving.get(field) ?? Promise.resolve()).then(() => save(field));
  saving.set(field, turn);
}

function next(field) {
  const all = fields();
  const place = all.indexOf(field);
  const after = [...all.slice(place + 1), ...all.slice(0, place)];
  const bad = after.find((each) => each.getAttribute("aria-invalid") === "true");
  const here = Number(field.closest("[data-mending]").dataset.page);
  const more = [...document.querySelectorAll("button[data-rows]")].find((button) => Number(button.value) > here);
  (bad ?? more ?? checkAgain()).focus();
  bad?.select();
}

async function turnPage(button) {
  const mending = button.closest("[data-mending]");
  await Promise.all(fields().map((field) => saving.get(field)));
  const answer = await fetch(`/new/rows/${mending.dataset.mending}?page=${button.value}`).catch(() => null);
  const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page && page.querySelector("[data-mending]");
  if (!fresh) return button.form.requestSubmit(button);
  mending.replaceWith(fresh);
  fields()[0]?.focus();
}

document.addEventListener("change", ({ target }) => {
  if (target.dataset?.mend) saveInTurn(target);
});

document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (!field.dataset?.mend || event.isComposing) return;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    next(field);
  } else if (event.key === "Escape" && field.value !== field.defaultValue) {
    event.preventDefault();
    field.value = field.defaultValue;
    saveInTurn(field);
  }
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[data-rows]");
  if (!button) return;
  event.preventDefault();
  turnPage(button);
});
