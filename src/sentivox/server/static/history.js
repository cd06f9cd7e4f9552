// The page of stored conversations. Its address says what it shows: a conversation, or those that
// some filters find, as a list or compared.

import { $ } from "./dom.js";
import { Sessions } from "./history-api.js";
import { addressOf, asked, filtersOf, readFilters, showFilters } from "./history-filters.js";
import { showSessions } from "./history-list.js";
import { Session } from "./history-session.js";
import { Trend } from "./history-trend.js";
import { Problem } from "./problems.js";
import { say, switchLanguage, translate } from "./words.js";

class Page {
  constructor() {
    this.api = new Sessions((problem) => this.tell(problem));
    this.session = new Session(this.api, (work) => this.trying(work), () => this.gone());
    this.trend = new Trend();
    this.list = "history"; // the address of the list that was last shown
    this.turn = 0; // counts what was asked for: an answer that comes after the next one is dropped
    this.redraw = () => {};
  }

  /** Go to an address of this page; by default the focus goes to the heading of what it shows. */
  go(address, moved = true) {
    window.history.pushState(null, "", address);
    return this.show(moved);
  }

  /** Show what the address says. */
  async show(moved = false) {
    const address = new URLSearchParams(location.search);
    const id = address.get("session");
    const turn = ++this.turn;
    this.session.close();
    this.tell(null);
    this.announce("loading", say("loading"));
    this.redraw = () => {};
    const work = () => (id ? this.one(id, turn) : this.many(address, turn));
    const done = await this.trying(work, () => this.show(moved));
    if (turn !== this.turn) return;
    if (!done) this.announce("failed", "");
    else if (moved) $(id ? "oneTitle" : "manyTitle").focus();
  }

  async one(id, turn) {
    $("many").hidden = $("one").hidden = true;
    const document = await this.api.one(id);
    if (turn !== this.turn) return;
    $("back").href = this.list;
    this.session.open(document);
    $("one").hidden = false;
    this.redraw = () => this.session.show();
    this.announce("ready", "");
    window.document.title = `${$("oneTitle").textContent} · Sentivox`;
  }

  async many(address, turn) {
    const filters = filtersOf(address);
    const by = address.get("by") ?? "";
    this.list = `history${location.search}`;
    window.document.title = `${say("history")} · Sentivox`;
    showFilters(filters);
    for (const button of window.document.querySelectorAll("[data-by]")) {
      button.ariaPressed = String(button.dataset.by === by);
    }
    $("one").hidden = true;
    $("many").hidden = false;
    if (by) await this.compared(by, filters, turn);
    else await this.listed(filters, turn);
  }

  async listed(filters, turn) {
    const parameters = asked(filters);
    const all = [];
    let { sessions, cursor } = await this.api.list(parameters);
    if (turn !== this.turn) return;
    const shown = () => {
      const count = all.length;
      this.announce("ready", say(cursor ? "shown" : "shownAll", { count }));
    };
    $("more").onclick = () => this.trying(async () => {
      ({ sessions, cursor } = await this.api.list(`${parameters}&${new URLSearchParams({ cursor })}`));
      if (turn !== this.turn) return;
      const first = all.push(...sessions) - sessions.length;
      showSessions(sessions, cursor);
      $("sessions").children[first]?.querySelector("a").focus();
      shown();
    });
    all.push(...sessions);
    this.redraw = () => {
      $("sessions").replaceChildren();
      showSessions(all, cursor);
      this.found(all.length, filters, "listed");
      shown();
    };
    this.redraw();
  }

  async compared(by, filters, turn) {
    const parameters = asked(filters);
    parameters.set("by", by);
    const { groups } = await this.api.trend(parameters);
    if (turn !== this.turn) return;
    this.redraw = () => {
      this.found(groups.length, filters, "compared", by);
      this.trend.show(by, groups, filters);
      this.announce("ready", "");
    };
    this.redraw();
  }

  /** Show one of the views, or why there is nothing in it. */
  found(count, filters, view, by = "") {
    for (const name of ["listed", "compared"]) $(name).hidden = name !== view || !count;
    $("nothing").hidden = count > 0;
    $("nothing").textContent = say(String(filters) ? "nothingFound" : by === "tag" ? "noTags" : "nothingKept");
  }

  async gone() {
    await this.go(this.list);
    this.announce("ready", say("erased"));
  }

  /** Do some work and show what goes wrong, with a way to try again where that may help. */
  async trying(work, retry = null) {
    try {
      this.tell(null);
      await work();
      return true;
    } catch (error) {
      this.tell(Problem.of(error), retry);
      return false;
    }
  }

  tell(problem, retry = null) {
    Object.assign(this, { problem, retry });
    $("notice").hidden = !problem;
    if (!problem) return;
    $("notice").firstElementChild.textContent = say(problem.name, { detail: problem.detail });
    $("notice").lastElementChild.hidden = !(retry && problem.temporary);
    $("notice").scrollIntoView({ block: "nearest" });
  }

  announce(state, text) {
    $("status").dataset.state = state;
    $("status").textContent = text;
    $("status").hidden = !text;
  }

  /** Draw everything again in the language now chosen. */
  translate() {
    translate();
    $("language").textContent = say("otherLanguage");
    $("language").lang = say("otherTag");
    this.tell(this.problem, this.retry);
    this.redraw();
  }
}

const page = new Page();

$("search").onsubmit = (event) => {
  event.preventDefault();
  const wanted = readFilters();
  const by = new URLSearchParams(location.search).get("by");
  if (by) wanted.set("by", by);
  page.go(addressOf(wanted));
};
$("clear").onclick = () => page.go("history");
for (const button of document.querySelectorAll("[data-by]")) {
  button.onclick = () => {
    const wanted = filtersOf(new URLSearchParams(location.search));
    if (button.dataset.by) wanted.set("by", button.dataset.by);
    page.go(addressOf(wanted), false);
  };
}
$("notice").lastElementChild.onclick = () => page.retry?.();
$("language").onclick = () => {
  switchLanguage();
  page.translate();
};
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a.within");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  page.go(link.href);
});
addEventListener("popstate", () => page.show());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => page.redraw());

page.translate();
page.show();
