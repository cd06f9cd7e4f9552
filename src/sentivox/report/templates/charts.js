// Below each chart: what it shows as CSV, and the chart as PNG.

for (const place of all("[data-rows]")) {
  const section = place.closest("[data-comparison], section");
  const name = `${document.title.replace(/ · Sentivox$/, "")}-${place.dataset.export}`;
  const [csv, png] = all("button", place);
  csv.addEventListener("click", () => {
    const table = csvOf(JSON.parse(place.dataset.rows));
    save(`${name}.csv`, blob(`\ufeff${table}`, "text/csv"));
  });
  png?.addEventListener("click", async () => {
    const rows = all(".chart, .histogram", section).flatMap(drawn);
    save(`${name}.png`, await pngOf(rows, section.querySelector(".legend")));
  });
  place.hidden = false;
}

// The names and pictures of a chart in turns, as copies; names below a picture are left out.
function drawn(chart) {
  if (chart.matches("svg")) return [document.createElement("span"), chart.cloneNode(true)];
  const rows = all(":scope > :not(.unseen, .names)", chart).map((node) => node.cloneNode(true));
  for (const head of rows.flatMap((row) => all(".head", row))) head.remove();
  return rows.slice(0, rows.length - (rows.length % 2));
}
