// The measures of charts, which reports read too: sentivox/look/files/chart.json.

const answer = await fetch(new URL("chart.json", import.meta.url));

export const spec = await answer.json();

/** Vertical position of a score, -1 to 1, in the picture of scores. */
export const scoreY = (score) => spec.pad_px + spec.half_px * (1 - score);

/** Height of the picture of scores. */
export const SCORES_PX = 2 * (spec.half_px + spec.pad_px);
