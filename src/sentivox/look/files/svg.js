// SVG elements, without markup: names and transcripts are only ever set as text.

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element with these attributes and children. */
export function shape(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** A horizontal position in percent, such as "12.34%", of a number from 0 to 100. */
export const share = (value) => `${+value.toFixed(3)}%`;

/** A picture that is stretched over the whole width: curves from `from` to `to` units, -1 to 1 down. */
export const stretched = (units, attributes, ...children) =>
  shape("svg", { width: "100%", viewBox: `0 -1 ${units} 2`, preserveAspectRatio: "none", ...attributes }, ...children);
