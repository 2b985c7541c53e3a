// Rows with coloured state and links. A row keeps its place while it stays: nothing flickers.

import { el, setState } from "./dom.js";
import { configOf, mapped, stateOfValue, text } from "./fields.js";
import { isNumber } from "./rows.js";
import { behindOf } from "./links.js";
import { SIGNS } from "./words.js";

const COLOURED = ["color-text", "color-background", "color-background-solid"];
const isColoured = ({ custom }) => COLOURED.includes(custom.cellOptions?.type ?? custom.displayMode);

/** Only addresses of this wall or of the web: nothing that runs. */
function linkOf(config, row, value) {
  const url = config.links?.[0]?.url;
  if (!url) return null;
  const filled = url.replace(/\$\{__value\.(?:raw|text)\}/g, encodeURIComponent(value ?? "")).replace(/\$\{__data\.fields\.(?:"([^"]+)"|(\w+))\}/g, (_, quoted, plain) => encodeURIComponent(row[quoted ?? plain] ?? ""));
  return /^(https?:\/\/|\/(?!\/))/.test(filled) ? filled : null;
}

/** An alert's title leads to the texts, tickets and deliveries behind its KPI. */
const alertLink = (column, raw) => (column.name === "title" && raw?.fingerprint && raw.kpi ? behindOf(raw.kpi, raw.segment) : null);

function cell(column, row, raw, now) {
  const value = row[column.name];
  const words = text(value, column.config, now);
  const state = isColoured(column.config) || mapped(value, column.config)?.color ? stateOfValue(value, column.config) : null;
  const sign = state && state in SIGNS ? `${SIGNS[state]} ` : state === "green" ? "✓ " : "";
  const href = linkOf(column.config, row, value) ?? alertLink(column, raw);
  const body = href ? el("a", { class: "link", href }, sign + words) : sign + words;
  const node = el("td", { class: isNumber(column) ? "number" : column.long ? "long" : null, title: words.length > 40 ? words : null }, body);
  setState(node, "severity", state);
  setState(node, "column", column.name);
  setState(node, "value", value ?? "");
  return node;
}

const LONG_CHARS = 28;

/** The column that gives way: the one with the longest words. */
function longest(columns, rows) {
  const size = (c) => (isNumber(c) ? 0 : Math.max(...rows.map((row) => String(row[c.name] ?? "").length)));
  const column = columns.reduce((a, b) => (size(b) > size(a) ? b : a));
  return { column, size: size(column) };
}

function sort(rows, name, desc) {
  const order = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a ?? "").localeCompare(String(b ?? "")));
  rows.sort((a, b) => order(a[name], b[name]) * (desc ? -1 : 1));
}

export function draw(host, panel) {
  const [frame] = panel.frames;
  const rows = panel.frames.flatMap((f) => f.rows);
  const told = new Map(panel.frames.flatMap((f) => f.rows.map((row, place) => [row, f.raw[place]])));
  if (!rows.length) return false;
  const columns = frame.columns
    .map((c) => ({ ...c, config: configOf(panel.spec, c) }))
    .map((c) => (c.type.startsWith("timestamp") && !c.config.unit?.startsWith("dateTime") ? { ...c, config: { ...c.config, unit: "dateTimeAsIso" } } : c))
    .filter((c) => !c.config.custom.hidden && !c.config.custom.hideFrom?.viz);
  for (const { displayName, desc } of panel.spec.options?.sortBy ?? []) sort(rows, displayName, desc);
  const key = JSON.stringify([columns.map((c) => c.name), rows]);
  if (host.shownKey === key && host.firstElementChild?.tagName === "TABLE") return true;
  host.shownKey = key;
  const wide = longest(columns, rows);
  wide.column.long = wide.size > LONG_CHARS;
  const heads = columns.map((c) => el("th", { scope: "col", class: isNumber(c) ? "number" : c.long ? "long" : null }, c.config.displayName ?? c.title ?? c.name));
  const lines = rows.map((row) => el("tr", {}, ...columns.map((c) => cell(c, row, told.get(row), panel.page.now))));
  const top = host.scrollTop;
  host.replaceChildren(el("table", { "aria-label": panel.title.textContent }, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...lines)));
  host.scrollTop = top;
  return true;
}

