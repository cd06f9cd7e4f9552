// The token, where the server wants one: asked for once, kept in this tab alone.

const KEY = "sentivox-token";
const form = document.getElementById("access");

const headers = () => {
  const token = sessionStorage.getItem(KEY);
  return token ? { Authorization: `Bearer ${token}` } : {};
};

// fetch, with the token; asks for one as long as the server does not take it.
export async function authorised(path, options = {}) {
  for (;;) {
    const answer = await fetch(path, { ...options, headers: headers() });
    if (answer.status !== 401) return answer;
    await ask();
  }
}

// A WebSocket takes no header from a page: what goes into its query is a ticket, good for a
// minute; null where the server needs none.
export async function ticket() {
  return (await (await authorised("/v1/ticket", { method: "POST" })).json()).token;
}

async function ask() {
  form.hidden = false;
  await new Promise((resolve) => {
    form.onsubmit = (event) => {
      event.preventDefault();
      resolve();
    };
  });
  sessionStorage.setItem(KEY, form.elements.token.value.trim());
  form.reset();
  form.hidden = true;
}
