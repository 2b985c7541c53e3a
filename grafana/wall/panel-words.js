// A cloud of words: size says how often, and the count stands beside it for who listens.

import { el } from "./dom.js";
import { text } from "./fields.js";
import { namedValues } from "./panel-bargauge.js";

const SHOWN_MAX = 40;
const SIZES = [0.95, 3.2];

export function draw(host, panel) {
  const items = namedValues(panel).filter((i) => i.value > 0).sort((a, b) => b.value - a.value).slice(0, SHOWN_MAX);
  if (!items.length) return false;
  const [most, least] = [items[0].value, items.at(-1).value];
  const nodes = items.map(({ name, value, config }) => {
    const node = el("li", { title: text(value, config), "aria-label": `${name} ${text(value, config)}` }, name);
    const weight = most === least ? 0.5 : Math.sqrt((value - least) / (most - least));
    node.style.setProperty("font-size", `${SIZES[0] + weight * (SIZES[1] - SIZES[0])}em`);
    node.style.setProperty("opacity", 0.62 + 0.38 * weight);
    return node;
  });
  // By name, so that a word stays where it is when its count changes.
  const list = el("ul", { class: "cloud" }, ...nodes.sort((a, b) => (a.textContent < b.textContent ? -1 : 1)));
  host.replaceChildren(list);
  while (list.scrollHeight > host.clientHeight && list.childElementCount > 5) dropSmallest(list);
  return true;
}

function dropSmallest(list) {
  const size = (node) => parseFloat(node.style.fontSize);
  [...list.children].reduce((a, b) => (size(b) < size(a) ? b : a)).remove();
}
