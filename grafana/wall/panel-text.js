// Words of the dashboard itself. Of Markdown: headings, list items and links; everything else is text.

import { el } from "./dom.js";

const LINK = /\[([^\]]+)\]\(((?:https?:\/\/|\/)[^)\s]*)\)/g;

function inline(text) {
  const nodes = [];
  let done = 0;
  for (const found of text.matchAll(LINK)) {
    nodes.push(text.slice(done, found.index), el("a", { href: found[2], class: "link" }, found[1]));
    done = found.index + found[0].length;
  }
  return [...nodes, text.slice(done)].map((n) => (typeof n === "string" ? n.replace(/\*\*|__|`/g, "") : n));
}

export function draw(host, panel) {
  const content = panel.page.scope.fill(panel.spec.options?.content ?? "", panel.page.now).trim();
  if (!content) return false;
  host.replaceChildren(
    el("div", { class: "prose" }, ...content.split("\n").filter(Boolean).map((line) => {
      const heading = /^#+\s+(.*)/.exec(line);
      if (heading) return el("h3", {}, ...inline(heading[1]));
      const item = /^[-*]\s+(.*)/.exec(line);
      return el("p", { class: item ? "item" : "" }, ...inline(item ? item[1] : line));
    })),
  );
  return true;
}
