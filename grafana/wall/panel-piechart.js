// Shares of a whole as a ring, with names and figures beside.

import { el } from "./dom.js";
import { stateOf, text } from "./fields.js";
import { grouped } from "./format.js";
import { namedValues } from "./panel-bargauge.js";
import { chart, palette } from "./plotly.js";

const MEANING = { positive: "green", negative: "red", critical: "red", warning: "yellow", information: "blue" };
const ROW_EM = 1.75;

function colourOf(item, place, colours) {
  const fixed = item.config.color?.mode === "fixed" ? stateOf(item.config.color.fixedColor) : null;
  if (item.name.toLowerCase() === "neutral") return colours.tones[4];
  const state = fixed ?? MEANING[item.name.toLowerCase()];
  return state ? colours[state] : colours.tones[place % colours.tones.length];
}

export async function draw(host, panel) {
  const items = namedValues(panel).filter((i) => i.value > 0);
  if (!items.length) return false;
  const total = items.reduce((sum, i) => sum + i.value, 0);
  const colours = palette();
  const tones = items.map((item, place) => colourOf(item, place, colours));
  let [ring, list] = host.children;
  if (!ring?.classList.contains("ring")) {
    [ring, list] = [el("div", { class: "ring" }), el("ul", { class: "shares" })];
    host.replaceChildren(ring, list);
  }
  const label = `${panel.title.textContent}: ${items.map((i) => `${i.name} ${text(i.value, i.config)}`).join(", ")}`;
  const room = Math.max(3, Math.floor(host.clientHeight / (parseFloat(getComputedStyle(host).fontSize) * ROW_EM)));
  list.replaceChildren(...items.slice(0, room).map((item, place) => {
    const key = el("span", { class: "key", "aria-hidden": "true" });
    key.style.setProperty("background", tones[place]);
    const isShare = item.config.unit?.startsWith("percent");
    const part = isShare ? "" : `${grouped((item.value / total) * 100)} %`;
    return el("li", {}, key, el("span", { class: "name" }, item.name), el("b", {}, text(item.value, item.config)), el("span", { class: "part" }, part));
  }));
  await chart(ring, [{
    type: "pie", labels: items.map((i) => i.name), values: items.map((i) => i.value), hole: 0.66, sort: false, direction: "clockwise",
    marker: { colors: tones, line: { color: colours.surface, width: 2 } }, textinfo: "none", hoverinfo: "label+percent",
  }], {}, label);
  return true;
}
