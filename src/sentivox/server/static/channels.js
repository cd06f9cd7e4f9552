// The labels of channels in text that people read, as in the Python module sentivox.wording.channels:
// machines count channels from 0; people read a name, or else a number that counts from 1.

const ENGLISH = { agent: "Agent", customer: "Customer", number: "channel {number}" };

/** The label of a channel: its name, or else its role's, or else "channel 1" for the first. Two
 * channels of the same role are told apart by their numbers, as "Agent 1" and "Agent 2".
 * @param {number} channel Number of the channel, from 0.
 * @param {{names?: string[], roles?: string[]}} given The name and role of each channel, if known.
 * @param words The roles' names and the text for a number, in another language than English. */
export function channelLabel(channel, { names = [], roles = [] }, words = ENGLISH) {
  const role = roles[channel];
  if (names[channel] !== undefined) return names[channel];
  if (role !== "agent" && role !== "customer") return words.number.replace("{number}", channel + 1);
  return roles.indexOf(role) === roles.lastIndexOf(role) ? words[role] : `${words[role]} ${channel + 1}`;
}
