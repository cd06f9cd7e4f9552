// The stored conversations of the server, as the page asks for them. What fails is a Problem.

import { authorised } from "./access.js";
import { Problem } from "./problems.js";

export class Sessions {
  /** @param {(problem: Problem | null) => void} tell Shows or clears what is wrong with the token. */
  constructor(tell) {
    this.tell = tell;
  }

  /** A page of sessions, `{sessions, cursor}`, for these parameters. */
  list = (parameters) => this.json(`v1/sessions?${parameters}`);

  /** Groups of sessions with their mean scores, for these parameters. */
  trend = (parameters) => this.json(`v1/sessions/trend?${parameters}`);

  one = (id) => this.json(path(id));

  report = (id) => this.blob(path(id, "/report"));

  csv = (id) => this.blob(`v1/sessions/export?${new URLSearchParams({ format: "csv", id })}`);

  audio = (id, u) => this.blob(path(id, `/utterances/${u.channel}/${u.utterance_id}/audio`), "noSound");

  describe = (id, description) => this.ask(path(id), sending("PATCH", description));

  /** Correct the label of an utterance; null takes the correction back. */
  correct = (id, u, label) =>
    this.ask(path(id, `/utterances/${u.channel}/${u.utterance_id}/label`), sending("POST", { label }));

  erase = (id) => this.ask(path(id), { method: "DELETE" });

  json = async (...asked) => (await this.ask(...asked)).json();

  blob = async (address, missing) => (await this.ask(address, {}, missing)).blob();

  async ask(address, options = {}, missing = "noSession") {
    const answer = await authorised(address, this.tell, options).catch(() => {
      throw new Problem("noAnswer");
    });
    if (answer.ok) return answer;
    const { detail = "" } = await answer.json().catch(() => ({}));
    if (answer.status === 404) throw new Problem(/--store/.test(detail) ? "noStore" : missing);
    throw new Problem(answer.status === 503 ? "storeAway" : "badRequest", detail);
  }
}

const path = (id, more = "") => `v1/sessions/${encodeURIComponent(id)}${more}`;

const sending = (method, body) =>
  ({ method, body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
