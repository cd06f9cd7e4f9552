// Lists the REST operations from /openapi.json.

import { element } from "./dom.js";

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

const { paths } = await (await fetch("/openapi.json")).json();
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, about]) => operation(method, path, about)));
document.getElementById("operations").replaceChildren(...operations);
