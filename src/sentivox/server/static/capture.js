// Runs in the audio thread: resamples the microphone to 16 kHz and posts frames of 40 ms as int16.

import { int16, Resampler } from "./resample.js";

const RATE = 16000;

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(sampleRate, RATE);
    this.frame = new Int16Array(RATE * 0.04);
    this.filled = 0;
  }

  process([[samples]]) {
    for (const sample of samples ? this.resampler.process(samples) : []) {
      this.frame[this.filled++] = int16(sample);
      if (this.filled === this.frame.length) {
        this.port.postMessage(this.frame.slice());
        this.filled = 0;
      }
    }
    return true;
  }
}

registerProcessor("capture", Capture);
