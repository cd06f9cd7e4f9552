// What an index shows, its comparison, search and order, stands in its address, so that a link
// leads to the same view. A fragment is kept with files, too, and is sent to nobody.

const recordings = document.querySelector("#recordings");
if (recordings) {
  const search = recordings.querySelector("input");
  const table = recordings.querySelector("table");
  const choices = all("#compare [data-by]");
  const given = [...table.tBodies[0].rows];

  const compare = (by) => {
    const choice = choices.find((button) => button.dataset.by === by) ?? choices[0];
    for (const button of choices) button.ariaPressed = String(button === choice);
    for (const one of all("[data-comparison]")) {
      one.hidden = choice !== undefined && one.dataset.comparison !== choice.dataset.by;
    }
  };

  const keep = () => {
    const view = new URLSearchParams();
    const choice = choices.find((button) => button.ariaPressed === "true");
    if (choice !== choices[0]) view.set("by", choice.dataset.by);
    if (search.value) view.set("search", search.value);
    const sorted = table.querySelector("th[aria-sort]");
    if (sorted) view.set("sort", (sorted.ariaSort === "descending" ? "-" : "") + sorted.dataset.key);
    history.replaceState(null, "", location.href.replace(/#.*|$/, view.size ? `#${view}` : ""));
  };

  const restore = () => {
    const view = new URLSearchParams(location.hash.slice(1));
    compare(view.get("by"));
    search.value = view.get("search") ?? "";
    search.dispatchEvent(new Event("input"));
    const [, down, key] = /^(-?)(.*)$/.exec(view.get("sort") ?? "");
    const heading = all("thead th", table).find((th) => th.dataset.key === key);
    for (const th of all("th[aria-sort]", table)) th.removeAttribute("aria-sort");
    table.tBodies[0].append(...given);
    if (heading) sort(heading, down === "-");
  };

  restore();
  window.addEventListener("hashchange", restore);
  search.addEventListener("input", keep);
  table.tHead.addEventListener("click", keep);
  for (const choice of choices) {
    choice.addEventListener("click", () => {
      compare(choice.dataset.by);
      keep();
    });
  }
  for (const group of all("#compare .segments")) group.hidden = false;
}
