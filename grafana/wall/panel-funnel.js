// A funnel: how many reach each stage, and what share of the first that is.

import { text } from "./fields.js";
import { grouped } from "./format.js";
import { namedValues } from "./panel-bargauge.js";
import { chart, palette } from "./plotly.js";

export async function draw(host, panel) {
  const stages = namedValues(panel).filter((s) => s.value !== null);
  const first = stages[0]?.value;
  if (!first) return false;
  const colours = palette();
  const words = stages.map((s) => `${text(s.value, s.config)} · ${grouped((s.value / first) * 100)} %`);
  await chart(host, [{
    type: "funnel", y: stages.map((s) => s.name), x: stages.map((s) => s.value), text: words, textinfo: "text",
    textposition: "auto", textfont: { color: colours.text }, marker: { color: colours.plain, line: { width: 0 } },
    connector: { fillcolor: colours.hairline, line: { width: 0 } }, hoverinfo: "none",
  }], {
    xaxis: { visible: false, fixedrange: true },
    yaxis: { automargin: true, fixedrange: true, showgrid: false, tickfont: { color: colours.text } },
    margin: { l: 4, r: 4, t: 4, b: 4 },
  }, `${panel.title.textContent}: ${stages.map((s, i) => `${s.name} ${words[i]}`).join(", ")}`);
  return true;
}
