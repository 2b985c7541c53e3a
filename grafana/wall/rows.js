// Asking what a panel's targets ask: the same address that Grafana's Infinity source would fetch.

import { ask } from "./data.js";

/** Path and parameters of a target, filled in. */
export function question(target, scope, now, points) {
  const [path, written = ""] = scope.fill(target.url, now, points).split("?");
  const given = (target.url_options?.params ?? []).map(({ key, value }) => [key, key === "maxDataPoints" ? String(Math.min(points, Number(scope.fill(String(value), now, points)))) : scope.fill(String(value), now, points)]);
  return { path, parameters: [...new URLSearchParams(written), ...given] };
}

/** The part of an answer that `root_selector` names: nothing, or names between dots. */
function root(answer, selector = "") {
  const names = selector.replace(/^\$\.?/, "").split(".").filter(Boolean);
  const found = names.reduce((value, name) => value?.[name], answer);
  return Array.isArray(found) ? found : Array.isArray(found?.rows) ? found.rows : found ? [found] : [];
}

const pick = (row, selector) => selector.split(".").reduce((value, name) => value?.[name], row) ?? null;

function read(raw, type) {
  if (raw === null || raw === "") return null;
  if (type === "number") return Number.isFinite(Number(raw)) ? Number(raw) : null;
  if (type.startsWith("timestamp")) return typeof raw === "number" ? raw : Date.parse(raw);
  return typeof raw === "object" ? JSON.stringify(raw) : raw;
}

/** One target's answer as a table: `columns` {name, type}, `rows` by column name, `raw` as told. */
export async function frameOf(target, scope, now, points) {
  const { path, parameters } = question(target, scope, now, points);
  const raw = root(await ask(path, parameters), target.root_selector);
  const listed = target.columns?.length ? target.columns : Object.keys(raw[0] ?? {}).map((name) => ({ selector: name, text: name, type: typeof raw[0][name] === "number" ? "number" : "string" }));
  const columns = listed.map((c) => ({ name: c.text || c.selector, selector: c.selector, type: c.type ?? "string" }));
  const rows = raw.map((row) => Object.fromEntries(columns.map((c) => [c.name, read(pick(row, c.selector), c.type)])));
  return { refId: target.refId, columns, rows, raw };
}

/** What `organize` of Grafana says of order, names and left-out columns. */
export function organized(frame, transformations = []) {
  let { columns } = frame;
  for (const { id, options } of transformations) {
    if (id !== "organize") continue;
    const order = options.indexByName ?? {};
    columns = columns
      .filter((c) => !options.excludeByName?.[c.name])
      .sort((a, b) => (order[a.name] ?? 99) - (order[b.name] ?? 99))
      .map((c) => ({ ...c, title: options.renameByName?.[c.name] || c.title }));
  }
  return { ...frame, columns };
}

export const isTime = (column) => column.type.startsWith("timestamp");
export const isNumber = (column) => column.type === "number";
