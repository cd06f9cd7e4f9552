// Renders /asyncapi.json: each message with its fields, and the schemas they refer to.

import { element, ROOT, showPaths } from "./dom.js";

const $ = (id) => document.getElementById(id);
const api = await (await fetch(new URL("asyncapi.json", ROOT))).json();
const { messages, schemas } = api.components;
const last = (ref) => ref.split("/").at(-1);

const code = (text) => {
  const node = document.createElement("code");
  node.textContent = text;
  return node;
};

const link = (name) => {
  const node = element("a", "", name);
  node.href = `#${name}`;
  return node;
};

// The type of a field, as text and links.
function kind(schema) {
  if (schema.$ref) return [link(last(schema.$ref))];
  if (schema.enum) return [schema.enum.map((value) => JSON.stringify(value)).join(", ")];
  if (schema.anyOf) return schema.anyOf.flatMap((one, i) => [i ? " or " : "", ...kind(one)]);
  if (schema.type === "array") return ["list of ", ...kind(schema.items)];
  if (schema.additionalProperties) return ["object of ", ...kind(schema.additionalProperties)];
  return [schema.type ?? "anything"];
}

function fields(properties) {
  const rows = Object.entries(properties).map(([name, schema]) => {
    const fallback = schema.default === undefined ? "" : JSON.stringify(schema.default);
    const about = schema.description ? [` · ${schema.description}`] : [];
    return element("tr", "", element("td", "", code(name)),
      element("td", "", ...kind(schema), ...about), element("td", "", fallback));
  });
  const head = ["field", "takes", "default"].map((text) => element("th", "", text));
  return element("table", "", element("thead", "", element("tr", "", ...head)),
    element("tbody", "", ...rows));
}

function section(name, title, summary, properties) {
  const heading = element("h3", "", code(title));
  heading.id = name;
  const parts = [heading, element("p", "", summary)];
  if (Object.keys(properties).length) parts.push(fields(properties));
  return element("div", "", ...parts);
}

function message(ref) {
  const { name, summary, payload } = messages[last(ref)];
  const properties = payload.$ref ? schemas[last(payload.$ref)].properties : {};
  return section(last(ref), name, summary, properties);
}

const { address, description, bindings } = api.channels.stream;
$("version").textContent = `protocol ${api.info.version}`;
$("address").textContent = address;
showPaths();
$("about").textContent = `${api.info.description} ${description}`;
$("query").replaceChildren(fields(bindings.ws.query.properties));
for (const side of ["receive", "send"]) {
  $(side).replaceChildren(...api.operations[side].messages.map(({ $ref }) => message($ref)));
}
const parts = Object.entries(schemas).filter(([name]) => !messages[name]);
$("parts").replaceChildren(...parts.map(([name, { description: about, properties }]) =>
  section(name, name, about, properties)));
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
