// Counts by day and hour: the paler, the more. Zero stays dark; the greatest has its number.

import { svg } from "./dom.js";
import { dayName } from "./format.js";
import { isNumber, isTime } from "./rows.js";

const STEPS = 4;
const ROWS_SHOWN_MAX = 12;

/** 0: none; 1 … 4 by quarters of the most. */
const heat = (count, most) => (count ? Math.max(1, Math.ceil((count / most) * STEPS)) : 0);

/** Buckets side by side become one row where there are more than can be told apart. */
function bucketsOf(frame) {
  const names = frame.columns.filter(isNumber).map((c) => c.name).sort();
  const size = Math.ceil(names.length / ROWS_SHOWN_MAX);
  const groups = [];
  for (let i = 0; i < names.length; i += size) groups.push(names.slice(i, i + size));
  return groups;
}

const sum = (row, names) => names.reduce((total, name) => total + (row[name] ?? 0), 0);

export function draw(host, panel) {
  const [frame] = panel.frames;
  const time = frame?.columns.find(isTime);
  if (!time || !frame.rows.length) return false;
  const groups = bucketsOf(frame);
  const counts = groups.map((names) => frame.rows.map((row) => sum(row, names)));
  const all = counts.flat();
  const most = Math.max(...all);
  if (most <= 0) return false;
  const [width, height] = [host.clientWidth, host.clientHeight];
  const em = parseFloat(getComputedStyle(host).fontSize);
  const [left, bottom] = [em * 2.2, height - em * 1.5];
  const [w, h] = [(width - left) / frame.rows.length, bottom / groups.length];
  const label = `${panel.title.textContent}: ${all.reduce((a, b) => a + b, 0)} in ${frame.rows.length} days, at most ${most} at a time`;
  const root = svg("svg", { width, height, role: "img", "aria-label": label });
  groups.forEach((names, y) => {
    if (y % Math.ceil((em * 1.4) / h) === 0) root.append(svg("text", { class: "tick", x: left - em * 0.5, y: y * h + h / 2 + em * 0.35, "text-anchor": "end" }, names[0]));
    frame.rows.forEach((row, x) => {
      const count = counts[y][x];
      const cell = svg("rect", { class: `heat heat-${heat(count, most)}`, x: left + x * w + 1, y: y * h + 1, width: Math.max(1, w - 2), height: Math.max(1, h - 2), rx: 2 });
      cell.append(svg("title", {}, `${dayName(row[time.name])} ${names[0]} h: ${count}`));
      root.append(cell);
      if (count === most && h > em) root.append(svg("text", { class: "heat-most", x: left + (x + 0.5) * w, y: y * h + h / 2 + em * 0.35, "text-anchor": "middle" }, String(count)));
    });
  });
  const every = Math.ceil((em * 4.5) / w);
  frame.rows.forEach((row, x) => {
    if (x % every === 0 && left + (x + 0.5) * w < width - em * 1.5) root.append(svg("text", { class: "tick", x: left + (x + 0.5) * w, y: height - em * 0.2, "text-anchor": "middle" }, dayName(row[time.name])));
  });
  host.replaceChildren(root);
  return true;
}
