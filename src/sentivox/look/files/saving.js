// Tables as CSV, and files to keep, in pages and reports.

/** Rows of values as CSV. */
export const csvOf = (rows) => rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");

// Spreadsheets evaluate text that begins like a formula; numbers may begin with a minus.
function cell(value) {
  const text = String(value ?? "");
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Download a file. `address` is a blob or data URL. */
export function save(name, address) {
  const link = document.createElement("a");
  [link.href, link.download] = [address, name];
  link.click();
  if (address.startsWith("blob:")) setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** A blob URL of a text, for `save`. */
export const blob = (text, type) => URL.createObjectURL(new Blob([text], { type }));
