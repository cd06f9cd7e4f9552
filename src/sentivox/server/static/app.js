// The buttons and other controls of the live page.

import { $, ROOT } from "./dom.js";
import { asCsv, asJson } from "./exports.js";
import { Page } from "./page.js";
import { blob, save } from "./saving.js";
import { recording } from "./sources.js";
import { say, switchLanguage } from "./words.js";

export const page = new Page();

const fast = () => $("fast").checked;
const fromFile = (file) => page.listen(file.name, async () => recording(await file.arrayBuffer(), fast()));
const fromSample = () => page.listen("sourceSample", async () => {
  const answer = await fetch(new URL("sample", ROOT));
  return recording(await answer.arrayBuffer(), fast(), ["agent", "customer"]);
});

/** Ask for consent to analyse voices, once for as long as the page is open. */
function consent() {
  const dialog = $("consent");
  if (dialog.returnValue === "yes") return Promise.resolve(true);
  $("consentWhere").textContent = say(page.keeps ? "consentKept" : "consentWhere", { host: location.host });
  $("consentText").checked = $("textOnly").checked;
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => {
      $("textOnly").checked = $("consentText").checked;
      resolve(dialog.returnValue === "yes");
    };
  });
}

$("microphone").onclick = async () => {
  if (await consent()) page.listen("sourceMicrophone", () => page.settings.devices.open());
};
$("sample").onclick = fromSample;
$("file").onchange = ({ target }) => {
  if (target.files.length) fromFile(target.files[0]);
  target.value = "";
};
$("stop").onclick = () => page.stop();
$("notice").lastElementChild.onclick = () => page.retry?.();
$("language").onclick = () => {
  switchLanguage();
  page.translate();
};
for (const id of ["recent", "whole"]) {
  $(id).onclick = () => {
    page.chart.whole = id === "whole";
    $("recent").ariaPressed = String(id === "recent");
    $("whole").ariaPressed = String(id === "whole");
    page.drawn = -Infinity;
    page.refresh();
  };
}
$("json").onclick = () => save("sentivox.json", blob(asJson(page), "application/json"));
$("csv").onclick = () => save("sentivox.csv", blob(`\ufeff${asCsv(page.conversation)}`, "text/csv"));
$("png").onclick = async () => save("sentivox.png", await page.chart.png(page.conversation));

addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dropping");
});
addEventListener("dragleave", () => document.body.classList.remove("dropping"));
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  if (event.dataTransfer.files.length) fromFile(event.dataTransfer.files[0]);
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) page.visible(); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  if (page.conversation) page.translate();
});

async function start() {
  page.translate();
  await page.ready();
  // The fragments #sample and #sample-fast start the sample when the page is opened.
  if (location.hash === "#sample-fast") $("fast").checked = true;
  if (location.hash.startsWith("#sample") && page.hasSample) fromSample();
}

start();
// Not on insecure pages, nor where the browser keeps nothing: then the page needs its server to open.
navigator.serviceWorker?.register(new URL("service-worker.js", ROOT)).catch(() => {});
