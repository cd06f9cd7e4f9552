// Lists the REST operations from openapi.json, and puts this server's address into the examples.

import { element, ROOT, showPaths } from "./dom.js";

const code = (text) => {
  const node = document.createElement("code");
  node.textContent = text;
  return node;
};

function parameterTable(parameters) {
  const rows = parameters.map(({ name, description, schema }) =>
    element("tr", "", element("td", "", code(name)),
      element("td", "", String(schema.default ?? "")),
      element("td", "", [description, schema.enum?.join(" or ")].filter(Boolean).join(": "))));
  return element("table", "", element("tbody", "", ...rows));
}

function operation(method, path, { description, summary, parameters = [], requestBody, responses }) {
  const parts = [
    element("h3", "", code(`${method.toUpperCase()} ${path}`)),
    element("p", "", description ?? summary),
  ];
  if (parameters.length) parts.push(parameterTable(parameters));
  if (requestBody) {
    parts.push(element("p", "", `Body: ${Object.keys(requestBody.content).join(" or ")}`));
  }
  const answers = Object.entries(responses).map(([status, r]) => `${status} ${r.description}`);
  parts.push(element("p", "hint", `Answers: ${answers.join(" · ")}`));
  return element("div", "", ...parts);
}

showPaths();
const AT = "http://127.0.0.1:8000/";
for (const node of document.querySelectorAll("pre")) {
  node.textContent = node.textContent.replaceAll(AT, ROOT.href)
    .replaceAll(AT.replace("http", "ws"), ROOT.href.replace("http", "ws"));
}
const { paths } = await (await fetch(new URL("openapi.json", ROOT))).json();
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, about]) => operation(method, ROOT.pathname.slice(0, -1) + path, about)));
document.getElementById("operations").replaceChildren(...operations);
