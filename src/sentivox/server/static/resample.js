// Streaming resampler: a sinc with a Kaiser window (beta 8, about -80 dB), looked up in a table.
// J. O. Smith, "Digital Audio Resampling", https://ccrma.stanford.edu/~jos/resample/

const CROSSINGS = 16; // zero crossings of the sinc on each side
const FINE = 512; // table entries per input sample
const BETA = 8; // of the Kaiser window
const PASSED = 0.92; // cutoff as a share of the lower Nyquist frequency

export class Resampler {
  /** @param {number} from Input rate in Hz. @param {number} to Output rate in Hz. */
  constructor(from, to) {
    [this.from, this.to] = [from, to];
    const cutoff = PASSED * Math.min(1, to / from); // in half cycles per input sample
    this.half = Math.ceil(CROSSINGS / cutoff);
    this.table = Float32Array.from({ length: this.half * FINE + 2 }, (_, i) => {
      const x = i / FINE;
      return cutoff * sinc(cutoff * x) * kaiser(x / this.half);
    });
    this.kept = new Float32Array(2 * this.half);
    // Position of the next output sample, in samples of `kept` and the input after it: `at` plus
    // `part` / `to`. Both are integers, so that the position does not drift.
    [this.at, this.part] = [this.half, 0];
  }

  /** @param {Float32Array} samples Any number. @returns {Float32Array} The output ready so far. */
  process(samples) {
    const input = new Float32Array(this.kept.length + samples.length);
    input.set(this.kept);
    input.set(samples, this.kept.length);
    const made = [];
    while (this.at + this.half < input.length) {
      made.push(this.sample(input));
      this.part += this.from;
      this.at += Math.floor(this.part / this.to);
      this.part %= this.to;
    }
    this.kept = input.subarray(this.at - this.half);
    this.at = this.half;
    return Float32Array.from(made);
  }

  sample(input) {
    const exact = this.at + this.part / this.to;
    let sum = 0;
    for (let i = this.at - this.half + 1; i <= this.at + this.half; i++) {
      const place = Math.abs(i - exact) * FINE;
      const entry = Math.floor(place);
      const low = this.table[entry];
      sum += input[i] * (low + (place - entry) * (this.table[entry + 1] - low));
    }
    return sum;
  }
}

/** Convert a sample from -1…1 to int16, clipped. */
export const int16 = (sample) => Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));

const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

const kaiser = (x) => (x > 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / bessel(BETA));

// Modified Bessel function of the first kind and order 0, by its series.
function bessel(x) {
  let [sum, term] = [1, 1];
  for (let k = 1; term > 1e-9 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
