// Problems shown on the page. Each has a message in words.js that says what to do.

import { StreamError } from "./sentivox.js";

const MICROPHONE = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "noDevice",
  OverconstrainedError: "noDevice",
  NotReadableError: "deviceBusy",
  AbortError: "deviceBusy",
};

const STREAM = {
  full: "full",
  too_many_streams: "tooMany",
  not_ready: "notReady",
  unauthorized: "wrongToken",
  origin: "origin",
  unreachable: "unreachable",
  behind: "behind",
};

/** A problem; `name` is that of its message in words.js, `detail` is added to it, untranslated. */
export class Problem extends Error {
  constructor(name, detail = "") {
    super(name);
    this.name = name;
    this.detail = detail;
  }

  static ofMicrophone(error) {
    return new Problem(MICROPHONE[error.name] ?? "microphoneProblem", error.message);
  }

  /** The problem for anything that was thrown. */
  static of(error) {
    if (error instanceof Problem) return error;
    if (error instanceof StreamError) return new Problem(STREAM[error.code] ?? "closed", error.message);
    return new Problem("unknownProblem", error.message);
  }

  /** Whether a retry may help. */
  get temporary() {
    return ["full", "tooMany", "notReady", "unreachable", "deviceBusy", "noDevice", "refused", "storeAway", "noAnswer"]
      .includes(this.name);
  }
}
