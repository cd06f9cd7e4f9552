// The live page: a source of audio, a WebSocket, and a view of what comes back.

import { authorised, ticket } from "./access.js";
import { microphone, recording } from "./sources.js";
import { View } from "./view.js";

const $ = (id) => document.getElementById(id);
const AHEAD = 1 << 20; // bytes a fast upload may have waiting in the browser

const view = new View();
let current = null;

async function listen(open) {
  if (current) return;
  let source, token;
  view.notice("");
  try {
    source = await open();
    token = await ticket();
  } catch (error) {
    view.notice(error.message);
    return;
  }
  const socket = new WebSocket(address(source, token));
  socket.binaryType = "arraybuffer";
  current = { source, socket };
  view.reset(source.channels);
  showRunning(true);
  socket.onmessage = ({ data }) => receive(JSON.parse(data), source, socket);
  socket.onclose = ({ code }) => {
    source.stop();
    current = null;
    showRunning(false);
    if (code !== 1000 && $("notice").hidden) view.notice(`The connection was closed (${code}).`);
  };
}

function address({ sampleRate, channels }, token) {
  const query = new URLSearchParams({
    sample_rate: sampleRate,
    channels,
    modalities: $("tone").checked ? "text,audio" : "text",
  });
  if (token) query.set("token", token);
  return `${location.protocol.replace("http", "ws")}//${location.host}/v1/stream?${query}`;
}

async function receive(event, source, socket) {
  view.show(event);
  if (event.type !== "Begin") return;
  const send = (samples) => {
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(samples);
    view.level(levels(samples, source.channels));
  };
  const room = async () => {
    do await new Promise((resolve) => { setTimeout(resolve, 0); });
    while (socket.bufferedAmount > AHEAD && socket.readyState === WebSocket.OPEN);
  };
  await source.run(send, room);
  if (socket.readyState === WebSocket.OPEN) socket.send('{"type":"CloseStream"}');
}

function levels(samples, channels) {
  const sums = new Array(channels).fill(0);
  samples.forEach((sample, i) => { sums[i % channels] += (sample / 32768) ** 2; });
  return sums.map((sum) => Math.sqrt((sum * channels) / samples.length));
}

function showRunning(running) {
  $("stop").hidden = !running;
  $("microphone").disabled = $("sample").disabled = $("file").disabled = running;
  document.querySelector(".button").classList.toggle("disabled", running);
}

const fromFile = (file) => listen(async () => recording(await file.arrayBuffer(), $("fast").checked));
const fromSample = () => listen(async () => {
  const answer = await fetch("/sample");
  return recording(await answer.arrayBuffer(), $("fast").checked);
});

$("microphone").onclick = () => listen(microphone);
$("sample").onclick = fromSample;
$("file").onchange = ({ target }) => {
  if (target.files.length) fromFile(target.files[0]);
  target.value = "";
};
$("stop").onclick = () => current?.source.stop();

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
addEventListener("resize", () => view.drawTimeline());

async function start() {
  const ready = await fetch("/readyz").then((answer) => answer.json()).catch(() => null);
  if (ready?.status !== "ready") {
    $("status").textContent = ready?.reason ?? "the server does not answer";
    setTimeout(start, 1000);
    return;
  }
  const { profile, models } = await (await authorised("/v1/models")).json();
  $("status").textContent = `ready · ${profile} · ${models.asr ?? "no speech recogniser"}`;
  $("sample").hidden = !(await fetch("/sample", { method: "HEAD" })).ok;
  // Links may start the sample at once: /#sample, /#sample-fast.
  if (location.hash === "#sample-fast") $("fast").checked = true;
  if (location.hash.startsWith("#sample") && !$("sample").hidden) fromSample();
}

start();
