// Interaction in a report: play an utterance, filter the transcript, sort the index. `view.js` and
// `charts.js` follow in the same script, and `sentivox/look` has what the pages of the server share.
"use strict";

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

const audio = document.querySelector("audio");
if (audio) {
  let until = Infinity;

  const follow = () => {
    const now = audio.currentTime;
    if (now >= until) {
      audio.pause();
      until = Infinity;
    }
    for (const row of all(".row")) {
      const [start, end] = [Number(row.dataset.start), Number(row.dataset.end)];
      const at = `${(100 * (now - start)) / (end - start)}%`;
      for (const head of all(".head", row)) {
        head.setAttribute("x1", at);
        head.setAttribute("x2", at);
        head.toggleAttribute("hidden", now < start || now >= end);
      }
    }
    for (const said of all(".transcript > li")) {
      const on = now >= Number(said.dataset.start) && now < Number(said.dataset.end);
      said.classList.toggle("now", on && !audio.paused);
      for (const word of all(".word", said)) {
        const heard = on && now >= Number(word.dataset.start) && now < Number(word.dataset.end);
        word.classList.toggle("now", heard);
      }
    }
    if (!audio.paused) requestAnimationFrame(follow);
  };
  audio.addEventListener("play", follow);
  audio.addEventListener("pause", follow);
  audio.addEventListener("seeked", follow);

  document.addEventListener("click", (event) => {
    const asked = event.target.closest("[data-from]");
    if (!asked) return;
    event.preventDefault();
    audio.currentTime = Number(asked.dataset.from);
    until = Number(asked.dataset.to);
    audio.play().catch(() => {}); // where pages may not start by themselves, the button has the focus
  });

  // From the index of all recordings, the address names the button of an utterance.
  const asked = document.getElementById(location.hash.slice(1));
  if (asked?.matches(".play")) {
    asked.focus();
    asked.click();
  }
}

const filters = document.querySelector(".filters");
if (filters) {
  const search = filters.querySelector("input");
  const buttons = all("button", filters);
  const items = all("[data-label]");
  const apply = () => {
    const unwanted = new Set(
      buttons.filter((b) => b.ariaPressed === "false").map((b) => b.dataset.filter),
    );
    const words = search.value.trim().toLowerCase();
    for (const item of items) {
      const text = all(".what, th, .said", item).map((part) => part.textContent).join(" ");
      item.hidden = unwanted.has(item.dataset.label) || !text.toLowerCase().includes(words);
    }
    document.querySelector("p.none").hidden = !items.length || items.some((item) => !item.hidden);
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      button.ariaPressed = button.ariaPressed === "true" ? "false" : "true";
      apply();
    });
  }
  search.addEventListener("input", apply);
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.hidden = false;
}

function sort(heading, down) {
  const table = heading.closest("table");
  const column = heading.cellIndex;
  const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
  const rows = [...table.tBodies[0].rows];
  const numeric = rows.some((row) => row.cells[column].dataset.value !== undefined);
  rows.sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === "" || y === "") return (x === "") - (y === ""); // unknown values sort last
    return (numeric ? x - y : x.localeCompare(y, undefined, { numeric: true })) * (down ? -1 : 1);
  });
  for (const other of all("thead th", table)) other.removeAttribute("aria-sort");
  heading.ariaSort = down ? "descending" : "ascending";
  table.tBodies[0].append(...rows);
}

for (const heading of all("table.sortable thead th")) {
  const button = document.createElement("button");
  button.append(...heading.childNodes);
  heading.append(button);
  button.addEventListener("click", () => sort(heading, heading.ariaSort === "ascending"));
}
