// Where audio comes from. A source has sampleRate and channels, and run(send) sends interleaved
// int16 until it is over or stop() is called.

const FILE_RATE = 16000;
const FRAME = 640; // 40 ms

export async function microphone() {
  if (!navigator.mediaDevices) {
    throw new Error("The microphone needs a secure page: use https or http://localhost.");
  }
  const media = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
  const { context, input } = connect(media);
  await context.audioWorklet.addModule("/static/capture.js");
  const node = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0 });
  let finish;
  const stopped = new Promise((resolve) => { finish = resolve; });
  return {
    sampleRate: context.sampleRate,
    channels: 1,
    async run(send) {
      node.port.onmessage = ({ data }) => send(data);
      input.connect(node);
      await context.resume();
      await stopped;
      for (const track of media.getTracks()) track.stop();
      await context.close();
    },
    stop: () => finish(),
  };
}

// 16 kHz is all the server needs, but Firefox cannot resample a microphone; then the server does.
function connect(media) {
  const context = new AudioContext({ sampleRate: FILE_RATE });
  try {
    return { context, input: context.createMediaStreamSource(media) };
  } catch {
    context.close();
    const native = new AudioContext();
    return { context: native, input: native.createMediaStreamSource(media) };
  }
}

export async function recording(bytes, fast) {
  let audio;
  try {
    audio = await new OfflineAudioContext(1, 1, FILE_RATE).decodeAudioData(bytes);
  } catch {
    throw new Error("This browser cannot decode that file; try WAV, FLAC, MP3 or Ogg.");
  }
  const channels = Math.min(2, audio.numberOfChannels);
  let stopped = false;
  return {
    sampleRate: FILE_RATE,
    channels,
    async run(send, room) {
      const player = fast ? null : await play(audio);
      const began = performance.now();
      for (let at = 0; at < audio.length && !stopped; at += FRAME) {
        send(interleave(audio, channels, at, Math.min(FRAME, audio.length - at)));
        if (fast) await room();
        else await sleep(began + ((at + FRAME) / FILE_RATE) * 1000 - performance.now());
      }
      await player?.close();
    },
    stop: () => { stopped = true; },
  };
}

async function play(audio) {
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
    for (let i = 0; i < length; i++) {
      frame[i * channels + channel] = Math.max(-1, Math.min(1, samples[at + i])) * 32767;
    }
  }
  return frame;
}

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, Math.max(0, ms)); });
