// Plays the audio of one utterance at a time.

/** Makes play buttons. `fetched(utterance)` resolves with its audio as a blob, and `failed` is
 * called with what went wrong. */
export class Sound {
  constructor(fetched, failed) {
    Object.assign(this, { fetched, failed, playing: null });
  }

  /** Play what a button is for, or stop it if it plays. `named(playing)` sets the button's text. */
  async toggle(utterance, named) {
    const was = this.playing;
    this.stop();
    if (was?.utterance === utterance) return;
    const playing = { utterance, named, audio: null };
    this.playing = playing;
    named(true);
    try {
      const address = URL.createObjectURL(await this.fetched(utterance));
      if (this.playing !== playing) return URL.revokeObjectURL(address);
      playing.audio = new Audio(address);
      playing.audio.onended = () => { if (this.playing === playing) this.stop(); };
      await playing.audio.play();
    } catch (error) {
      if (this.playing !== playing) return; // it was stopped before it began
      this.stop();
      this.failed(error);
    }
  }

  stop() {
    const { playing } = this;
    if (!playing) return;
    this.playing = null;
    playing.named(false);
    playing.audio?.pause();
    if (playing.audio) URL.revokeObjectURL(playing.audio.src);
  }
}
