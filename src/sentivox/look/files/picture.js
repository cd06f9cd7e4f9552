// A chart as a PNG: its rows in one SVG, with the colours of the page, drawn on a canvas.

import { shape } from "./svg.js";

const [WIDTH, MARGIN, GAP, SCALE] = [960, 24, 10, 2];
const [LETTER_PX, LEGEND_PX, SWATCH_PX] = [12, 22, 22];
const MOST_NAME_PX = 240;
const PAINT = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linejoin",
  "stroke-linecap", "vector-effect", "paint-order", "font-size", "font-family", "text-anchor", "opacity"];

/** Draw the rows of a chart, names and pictures in turns.
 * @param {Element[]} rows
 * @param {HTMLElement | null} legend A list whose items are named beside their swatches.
 * @returns {Promise<string>} The address of a PNG. */
export async function pngOf(rows, legend = null) {
  const host = document.createElement("div");
  host.className = "chart offscreen";
  host.append(...rows); // in the page, so that its styles apply
  document.body.append(host);
  const picture = drawing(rows, legend);
  host.remove();
  const address = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(picture)], { type: "image/svg+xml" }));
  try {
    return await painted(address, Number(picture.getAttribute("height")));
  } finally {
    URL.revokeObjectURL(address);
  }
}

function drawing(rows, legend) {
  const style = getComputedStyle(document.body);
  const colour = (name) => style.getPropertyValue(name).trim();
  const font = { "font-family": style.fontFamily, "font-size": LETTER_PX };
  const measure = document.createElement("canvas").getContext("2d");
  measure.font = `${LETTER_PX}px ${style.fontFamily}`;
  const width = (text) => measure.measureText(text).width;
  const names = rows.filter((_, i) => i % 2 === 0);
  const side = Math.min(MOST_NAME_PX, Math.max(24, ...names.map((node) => (node instanceof SVGElement ? 0 : width(node.textContent)))));
  const body = [];
  let y = MARGIN;
  if (legend?.children.length) {
    let x = MARGIN;
    for (const item of legend.children) {
      const text = shortened(item.textContent, WIDTH - 2 * MARGIN - SWATCH_PX, width);
      const room = SWATCH_PX + width(text) + 20;
      if (x > MARGIN && x + room > WIDTH - MARGIN) [x, y] = [MARGIN, y + LEGEND_PX];
      body.push(swatch(item.firstElementChild, x, y), shape("text", { ...font, x: x + SWATCH_PX, y: y + 11, fill: colour("--soft") }, text));
      x += room;
    }
    y += LEGEND_PX + GAP;
  }
  for (let i = 0; i < rows.length; i += 2) {
    const [named, pictured] = [rows[i], rows[i + 1]];
    const height = Number(pictured.getAttribute("height"));
    if (named instanceof SVGElement) body.push(part(named, MARGIN, y, side));
    else body.push(shape("text", {
      ...font, x: MARGIN + side, y: y + height / 2 + 4, "text-anchor": "end", fill: colour("--soft"),
    }, shortened(named.textContent, side, width)));
    body.push(part(pictured, MARGIN + side + GAP, y, WIDTH - 2 * MARGIN - side - GAP));
    y += height;
  }
  const size = { width: WIDTH, height: Math.ceil(y + MARGIN / 2) };
  return shape("svg", size, shape("rect", { ...size, fill: colour("--card") }), ...body);
}

/** A picture of the page at another place, with its colours written into it. */
function part(node, x, y, width) {
  const copy = node.cloneNode(true);
  const copies = [copy, ...copy.querySelectorAll("*")];
  [node, ...node.querySelectorAll("*")].forEach((original, i) => {
    const style = getComputedStyle(original);
    for (const name of PAINT) copies[i].setAttribute(name, style.getPropertyValue(name));
  });
  for (const [name, value] of Object.entries({ x, y, width, overflow: "visible" })) copy.setAttribute(name, value);
  return copy;
}

/** What a legend has beside a text, which is a box or the upper border of one. */
function swatch(node, x, y) {
  const style = getComputedStyle(node);
  const dashes = { dashed: "6 4", dotted: "1 3" }[style.borderTopStyle] ?? "none";
  const stroke = { stroke: style.borderTopColor, "stroke-width": parseFloat(style.borderTopWidth), "stroke-dasharray": dashes };
  if (node.classList.contains("line")) return shape("line", { ...stroke, x1: x, x2: x + 16, y1: y + 7, y2: y + 7, opacity: style.opacity });
  return shape("rect", { ...stroke, x, y: y + 1, width: 12, height: 12, rx: 3, fill: style.color, "fill-opacity": 0.4 });
}

function shortened(text, room, width) {
  if (width(text) <= room) return text;
  const letters = [...text];
  while (letters.length && width(`${letters.join("")}…`) > room) letters.pop();
  return `${letters.join("")}…`;
}

async function painted(address, height) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: WIDTH * SCALE, height: height * SCALE });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
  return URL.createObjectURL(blob);
}
