// The filters of the list: in the page's address, in its form, and as the server takes them.

import { $ } from "./dom.js";

const NAMES = ["q", "since", "until", "tag", "speaker", "label", "emotion", "min_score", "max_score", "alert", "source", "corrected"];

const fields = () => $("search").elements;

const listed = (text) => text.split(/[,，]/).map((word) => word.trim()).filter(Boolean);

/** The filters of an address, without anything else that it says. */
export const filtersOf = (address) => new URLSearchParams([...address].filter(([name]) => NAMES.includes(name)));

/** Show filters in the form. */
export function showFilters(filters) {
  for (const name of NAMES) fields()[name].value = filters.getAll(name).join(", ");
  if ([...filters.keys()].some((name) => name !== "q")) $("filters").open = true;
}

/** The filters that the form shows. */
export function readFilters() {
  const filters = new URLSearchParams();
  for (const name of NAMES) {
    const value = fields()[name].value.trim();
    for (const one of name === "tag" ? listed(value) : [value]) if (one) filters.append(name, one);
  }
  return filters;
}

/** The filters as parameters for the server: days become moments, at midnight of this place. */
export function asked(filters) {
  const parameters = new URLSearchParams(filters);
  for (const [name, days] of [["since", 0], ["until", 1]]) {
    const day = new Date(`${filters.get(name)}T00:00`);
    if (Number.isNaN(day.getTime())) continue; // the server will say what is wrong with it
    day.setDate(day.getDate() + days);
    parameters.set(name, day.toISOString());
  }
  return parameters;
}

/** The address of this page with these parameters. */
export function addressOf(parameters) {
  const query = String(parameters);
  return query ? `history?${query}` : "history";
}

/** The filters with some of them changed. */
export function narrowed(filters, changes) {
  const parameters = new URLSearchParams(filters);
  for (const [name, value] of Object.entries(changes)) parameters.set(name, value);
  return parameters;
}
