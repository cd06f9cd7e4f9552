// What a visitor can set beside the usual: names of channels, the microphone, alert rules.

import { Devices } from "./devices.js";
import { Names } from "./names.js";
import { Rules } from "./rules.js";

export class Settings {
  constructor() {
    this.names = new Names();
    this.devices = new Devices();
    this.rules = new Rules();
  }

  /** Show everything in the language now chosen. */
  draw() {
    this.names.draw();
    this.devices.draw();
    this.rules.draw();
  }

  /** The options of a stream of so many channels. */
  options(channels) {
    return { channelNames: this.names.of(channels), alerts: this.rules.of(channels) };
  }

  /** Take an Error of the server, if it is about what was set here. */
  receive({ type, code, message }) {
    if (type === "Error" && code === "bad_config") this.rules.refuse(message);
  }
}
