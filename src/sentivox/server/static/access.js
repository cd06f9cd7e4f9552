// Access with a token, if the server requires one: asked for once, and kept for this tab only.

import { $, ROOT } from "./dom.js";
import { Problem } from "./problems.js";

const KEY = `sentivox-token ${ROOT.pathname}`; // other servers on this host have other tokens

const headers = () => {
  const token = sessionStorage.getItem(KEY);
  return token ? { Authorization: `Bearer ${token}` } : {};
};

/** Fetch a path of the server with the token; asks for a token until the server accepts it.
 * @param {(problem: Problem | null) => void} tell Shows or clears what is wrong with the token. */
export async function authorised(path, tell, options = {}) {
  for (;;) {
    const given = headers();
    const answer = await fetch(new URL(path, ROOT), { ...options, headers: { ...options.headers, ...given } });
    if (answer.status !== 401) return answer;
    tell(given.Authorization ? new Problem("wrongToken") : null);
    await ask();
    tell(null);
  }
}

/** Get a ticket for a WebSocket's query, because a page cannot set headers on it; valid for a
 * minute. Null if the server needs none. */
export async function ticket(tell) {
  return (await (await authorised("v1/ticket", tell, { method: "POST" })).json()).token;
}

let asking = null; // several requests may need the token at once, but there is one form

function ask() {
  const form = $("access");
  form.hidden = false;
  form.elements.token.focus();
  asking ??= new Promise((resolve) => {
    form.onsubmit = (event) => {
      event.preventDefault();
      sessionStorage.setItem(KEY, form.elements.token.value.trim());
      form.reset();
      form.hidden = true;
      asking = null;
      resolve();
    };
  });
  return asking;
}
