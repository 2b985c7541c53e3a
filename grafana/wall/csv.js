// A panel's rows as a file for a spreadsheet.

import { el } from "./dom.js";

/** A spreadsheet takes = + - @ for the begin of a formula: texts that begin so get a quote. */
function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(String(value)) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const column = (c, value) => (c.type.startsWith("timestamp") && value !== null ? new Date(value).toISOString() : value);

/** All frames as CSV, an empty line between them; times in ISO 8601 (UTC). */
export function csvOf(frames) {
  return frames
    .map(({ columns, rows }) => [
      columns.map((c) => cell(c.title ?? c.name)).join(","),
      ...rows.map((row) => columns.map((c) => cell(column(c, row[c.name]))).join(",")),
    ].join("\r\n"))
    .join("\r\n\r\n");
}

export function save(text, title) {
  const address = URL.createObjectURL(new Blob([text, "\r\n"], { type: "text/csv" }));
  const name = title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "panel";
  el("a", { href: address, download: `${name}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
