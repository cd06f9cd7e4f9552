// What a chart says of the thing that the pointer is at. The page has the same in its lists and
// tables, for those who use no pointer.

import { element } from "./dom.js";

const AWAY_PX = 12;

export class Tip {
  /** @param {HTMLElement} chart The chart, to which `node` belongs.
   * @param {(event: PointerEvent) => {title: string, value: string, words: string} | null} at What is
   *   at the pointer.
   * @param {(found) => void} pick Called with what is clicked. */
  constructor(chart, at, pick = () => {}) {
    this.chart = chart;
    this.node = element("div", "tip");
    this.node.hidden = true;
    this.node.setAttribute("aria-hidden", "true");
    chart.addEventListener("pointermove", (event) => this.show(at(event), event));
    chart.addEventListener("pointerleave", () => { this.node.hidden = true; });
    chart.addEventListener("click", (event) => {
      const found = at(event);
      if (found) pick(found);
    });
  }

  show(found, { clientX, clientY }) {
    this.node.hidden = !found;
    this.chart.classList.toggle("pick", Boolean(found));
    if (!found) return;
    this.node.replaceChildren(element("b", "", found.title), ` ${found.value}`, element("span", "", found.words));
    const place = this.chart.getBoundingClientRect();
    const { width, height } = this.node.getBoundingClientRect();
    const clamped = (value, most) => `${Math.max(0, Math.min(value, most))}px`;
    this.node.style.setProperty("left", clamped(clientX - place.left + AWAY_PX, place.width - width));
    this.node.style.setProperty("top", clamped(clientY - place.top + AWAY_PX, place.height - height));
  }
}
