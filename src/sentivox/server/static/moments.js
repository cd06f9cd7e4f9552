// How much the moments of a conversation weigh, and their order, as in the Python module
// sentivox.conversation.moments: the heaviest come first.

export const SHOWN = 12; // most moments shown; the exports have all

/** The weights, 0 to 1, of alerts and warnings by their severity, and of interruptions. */
export const WEIGHTS = { critical: 1.0, warning: 0.6, info: 0.3, interruption: 0.1 };

/** The weight of a turning point or an extreme; older servers send none. */
export const turnWeight = ({ weight, before, after }) => weight ?? Math.min(Math.abs(after - before), 1);
export const extremeWeight = ({ weight, score }) => weight ?? Math.abs(score);

/** Moments {t, weight, …} in order: the heaviest first, of those that weigh the same the earliest. */
export const ranked = (moments) => [...moments].sort((a, b) => b.weight - a.weight || a.t - b.t);
