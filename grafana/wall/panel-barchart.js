// Bars by name or by time: one group for each number column.

import { configOf, stateOfValue, text } from "./fields.js";
import { isNumber, isTime } from "./rows.js";
import { clock, dayName } from "./format.js";
import { draw as ranked } from "./panel-bargauge.js";
import { chart, palette } from "./plotly.js";

const LETTER_EM = 0.55;

export async function draw(host, panel) {
  const [frame] = panel.frames;
  const rows = panel.frames.flatMap((f) => f.rows);
  const name = frame?.columns.find((c) => c.type === "string") ?? frame?.columns.find(isTime);
  const numbers = frame?.columns.filter(isNumber) ?? [];
  if (!name || !rows.some((row) => numbers.some((c) => row[c.name] !== null))) return false;
  const colours = palette();
  const wide = isTime(name) && rows.length > 1 && rows[1][name.name] - rows[0][name.name] >= 86_400_000;
  const names = rows.map((row) => (isTime(name) ? (wide ? dayName : clock)(row[name.name]) : String(row[name.name]).replaceAll("_", " ")));
  const em = parseFloat(getComputedStyle(host).fontSize);
  const room = host.clientWidth / names.length / em;
  // Names that would stand on their heads are read better beside lying bars.
  if (numbers.length === 1 && !isTime(name) && Math.max(...names.map((n) => n.length)) * LETTER_EM > room) return ranked(host, panel);
  const lying = panel.spec.options?.orientation === "horizontal";
  const traces = numbers.map((column, place) => traceOf(column, place, { rows, names, lying, panel, colours, many: numbers.length > 1 }));
  const label = `${panel.title.textContent}: ${names.map((n, i) => `${n} ${traces.map((t) => t.text[i]).join(" ")}`).join(", ")}`;
  const plain = { showgrid: false, zeroline: false, fixedrange: true, automargin: true, tickfont: { color: colours.text2 } };
  const hidden = { visible: false, fixedrange: true, rangemode: "tozero" };
  const stacking = panel.spec.options?.stacking;
  await chart(host, traces, {
    barmode: stacking && stacking !== "none" ? "stack" : "group", bargap: 0.3,
    xaxis: lying ? hidden : { ...plain, type: "category" },
    yaxis: lying ? { ...plain, type: "category", autorange: "reversed" } : hidden,
    margin: { l: 4, r: lying ? 60 : 4, t: 24, b: 4 },
    showlegend: numbers.length > 1, legend: { orientation: "h", y: 1.12, x: 0 },
  }, label);
  return true;
}

function traceOf(column, place, { rows, names, lying, panel, colours, many }) {
  const config = configOf(panel.spec, column);
  const values = rows.map((row) => row[column.name]);
  const tone = many ? colours.tones[place % colours.tones.length] : colours.plain;
  const state = (v) => stateOfValue(v, config);
  const fill = values.map((v) => (many || !state(v) || state(v) === "green" ? tone : colours[state(v)]));
  return {
    type: "bar", orientation: lying ? "h" : "v", name: config.displayName ?? column.title ?? column.name,
    [lying ? "y" : "x"]: names, [lying ? "x" : "y"]: values, text: values.map((v) => text(v, config)),
    textposition: "outside", cliponaxis: false, textfont: { color: colours.text }, marker: { color: fill }, hoverinfo: "none",
  };
}
