// The token, where the server wants one: asked for once, kept in this tab alone.

import { $, ROOT } from "./dom.js";
import { Problem } from "./problems.js";

const KEY = `sentivox-token ${ROOT.pathname}`; // other servers of this host have tokens of their own

const headers = () => {
  const token = sessionStorage.getItem(KEY);
  return token ? { Authorization: `Bearer ${token}` } : {};
};

/** fetch of a path of the server, with the token; asks for one as long as the server does not take it.
 * @param {(problem: Problem | null) => void} tell Shows what is wrong with the one that was given. */
export async function authorised(path, tell, options = {}) {
  for (;;) {
    const given = headers();
    const answer = await fetch(new URL(path, ROOT), { ...options, headers: given });
    if (answer.status !== 401) return answer;
    tell(given.Authorization ? new Problem("wrongToken") : null);
    await ask();
    tell(null);
  }
}

/** A WebSocket takes no header from a page: what goes into its query is a ticket, good for a
 * minute; null where the server needs none. */
export async function ticket(tell) {
  return (await (await authorised("v1/ticket", tell, { method: "POST" })).json()).token;
}

let asking = null; // several may need it, but one form asks

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
