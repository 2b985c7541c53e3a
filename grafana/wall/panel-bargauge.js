// Ranked bars with names and figures.

import { el, setState, setText } from "./dom.js";
import { configOf, stateOfRow, text } from "./fields.js";
import { isNumber } from "./rows.js";

/** [{name, value, config}]: a row each where rows are named, else a column each. */
export function namedValues(panel) {
  return panel.frames.flatMap((frame) => {
    const label = frame.columns.find((c) => c.type === "string");
    const wanted = panel.spec.options?.reduceOptions?.fields;
    const numbers = frame.columns.filter(isNumber).filter((c) => !wanted || new RegExp(wanted.replace(/^\/|\/$/g, "")).test(c.title ?? c.name));
    const met = { good: true, bad: false };
    const named = (column, row, place) => {
      const config = configOf(panel.spec, { ...column, refId: frame.refId });
      const name = label && row[label.name] !== null ? row[label.name] : (config.displayName ?? column.title ?? column.name);
      return { name: String(name).replaceAll("_", " "), value: row[column.name], config, met: met[frame.raw[place]?.state] ?? null };
    };
    const places = label ? frame.rows.keys() : [frame.rows.length - 1].filter((last) => last >= 0);
    return [...places].flatMap((place) => (label ? numbers.slice(0, 1) : numbers).map((column) => named(column, frame.rows[place], place)));
  });
}

const ROW_EM = 1.5;

export function draw(host, panel) {
  const room = Math.max(3, Math.floor(host.clientHeight / (parseFloat(getComputedStyle(host).fontSize) * ROW_EM)));
  const items = namedValues(panel).filter((item) => item.value !== null).slice(0, room);
  if (!items.length) return false;
  const most = Math.max(items[0].config.max ?? 0, ...items.map((i) => Math.abs(i.value)), 1e-9);
  let bars = host.bars;
  if (bars?.length !== items.length || !host.contains(bars[0].node)) {
    bars = host.bars = items.map(() => {
      const parts = { name: el("span", { class: "name" }), share: el("span", { class: "share", "aria-hidden": "true" }), figure: el("b") };
      return { ...parts, node: el("li", { class: "bar-row" }, ...Object.values(parts)) };
    });
    host.replaceChildren(el("ol", { class: "bars" }, ...bars.map((b) => b.node)));
  }
  items.forEach(({ name, value, config, met }, place) => {
    const bar = bars[place];
    setText(bar.name, name);
    setText(bar.figure, text(value, config));
    setState(bar.node, "value", value);
    setState(bar.node, "severity", stateOfRow(value, config, met));
    bar.share.style.setProperty("--share", Math.abs(value) / most);
  });
  return true;
}
