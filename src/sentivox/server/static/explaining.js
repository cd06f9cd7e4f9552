// Asks the server which words the sentiment of a transcript rests on, each transcript once.

import { authorised } from "./access.js";

const KEPT = 100; // answers; a card that is revised or drawn again needs its answer again
const answers = new Map();

/** The answer of POST /v1/explain for an utterance's words.
 * @param {(problem: Problem | null) => void} tell Shows or clears what is wrong with the token. */
export function explain({ transcript: text, language }, tell) {
  const body = JSON.stringify({ text, language: language ?? "auto" });
  if (!answers.has(body)) {
    const answer = ask(body, tell);
    answers.set(body, answer);
    answer.catch(() => answers.delete(body)); // to be asked again
    if (answers.size > KEPT) answers.delete(answers.keys().next().value);
  }
  return answers.get(body);
}

async function ask(body, tell) {
  const headers = { "Content-Type": "application/json" };
  const answer = await authorised("v1/explain", tell, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}
