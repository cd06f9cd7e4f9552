// Sources of audio. A source has `channels`, `live`, whether it `waits` for room on the server, and,
// where known, the `roles` of its channels.
// Its `run(send, room)` sends interleaved int16 at RATE until it ends or `stop()` is called, and
// rejects if it fails.

import { Problem } from "./problems.js";
import { int16 } from "./resample.js";

export const RATE = 16000;
const FRAME = 640; // samples in a message (40 ms)

/** The microphone. Rejects with a Problem if the browser or the visitor denies access.
 * @param {string} [device] Which one, if there is a choice. */
export async function microphone(device) {
  if (!navigator.mediaDevices) throw new Problem("insecure");
  const which = device ? { deviceId: { exact: device } } : {};
  const media = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, ...which } })
    .catch((error) => { throw Problem.ofMicrophone(error); });
  const context = new AudioContext();
  await context.audioWorklet.addModule(new URL("capture.js", import.meta.url));
  const node = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0 });
  const [track] = media.getAudioTracks();
  let finish, fail;
  const over = new Promise((resolve, reject) => { [finish, fail] = [resolve, reject]; });
  return {
    channels: 1,
    live: true,
    waits: false,
    async run(send) {
      node.port.onmessage = ({ data }) => send(data);
      track.onended = () => fail(new Problem("unplugged"));
      context.createMediaStreamSource(media).connect(node);
      await context.resume();
      await over;
    },
    stop() {
      node.port.onmessage = null;
      track.stop();
      if (context.state !== "closed") context.close();
      finish();
    },
  };
}

/** A recording, decoded by the browser: sent as fast as possible, or played aloud in real time.
 * Rejects with a Problem if it cannot be decoded.
 * @param {string[]} [roles] The roles of its channels. */
export async function recording(bytes, fast, roles) {
  const audio = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(bytes)
    .catch(() => { throw new Problem("notAudio"); });
  const channels = Math.min(2, audio.numberOfChannels);
  let stopped = false;
  return {
    channels,
    roles: roles?.length === channels ? roles : null,
    live: !fast,
    waits: true,
    async run(send, room) {
      const player = fast ? null : play(audio);
      const began = performance.now();
      for (let at = 0; at < audio.length && !stopped; at += FRAME) {
        send(interleave(audio, channels, at, Math.min(FRAME, audio.length - at)));
        if (fast) await room();
        else await sleep(began + ((at + FRAME) / RATE) * 1000 - performance.now());
      }
      await player?.close();
    },
    stop: () => { stopped = true; },
  };
}

function play(audio) {
  const context = new AudioContext();
  const source = context.createBufferSource();
  source.buffer = audio;
  source.connect(context.destination);
  source.start();
  return context;
}

function interleave(audio, channels, at, length) {
  const frame = new Int16Array(length * channels);
  for (let channel = 0; channel < channels; channel++) {
    const samples = audio.getChannelData(channel);
    for (let i = 0; i < length; i++) frame[i * channels + channel] = int16(samples[at + i]);
  }
  return frame;
}

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, Math.max(0, ms)); });
