// Choosing the time range and the variables of a dashboard. A choice is an address: it can be sent.

import { el } from "./dom.js";
import { withToken } from "./data.js";
import { RANGES, inWords } from "./scope.js";
import { frameOf } from "./rows.js";

function select(name, label, choices, chosen, onChoice) {
  const known = choices.some(([value]) => value === chosen) ? choices : [[chosen, chosen || "all"], ...choices];
  const options = known.map(([value, text]) => el("option", { value, selected: value === chosen ? "" : null }, text));
  const node = el("select", { name, id: `pick-${name}` }, ...options);
  node.addEventListener("change", () => onChoice(node.value));
  return el("label", {}, el("span", {}, label), node);
}

/** [[value, text]] that a variable's definition lists. */
function written(variable) {
  const listed = (variable.options ?? []).map((o) => [String(o.value), o.text]);
  if (listed.length) return listed;
  if (variable.type !== "custom" || typeof variable.query !== "string") return [];
  return variable.query.split(",").map((part) => {
    const [text, value] = part.split(" : ").map((s) => s.trim());
    return [value ?? text, text];
  });
}

/** Choices that a query gives are put in when they arrive. */
async function asked(variable, scope, node) {
  const target = variable.query?.infinityQuery ?? variable.query;
  if (!target?.url) return;
  const frame = await frameOf(target, scope, Date.now(), 300);
  const known = new Set([...node.options].map((o) => o.value));
  for (const row of frame.rows) {
    const [text, value = text] = Object.values(row).filter((v) => v !== null).map(String);
    if (text !== undefined && !known.has(value)) node.append(el("option", { value }, text));
  }
}

export function pickers(scope, links) {
  const go = () => location.assign(location.pathname + scope.address);
  const range = select("range", "Time", [...new Set([...RANGES, scope.fromText])].map((r) => [r, inWords(r)]), scope.fromText, (from) => {
    Object.assign(scope, { fromText: from, toText: "now" });
    go();
  });
  const variables = scope.variables.filter((v) => v.hide !== 2 && v.hide !== "hideVariable" && ["custom", "query"].includes(v.type)).map((variable) => {
    const all = variable.includeAll ? [["$__all", "all"]] : [];
    const node = select(variable.name, variable.label || variable.name, [...all, ...written(variable)], scope.values.get(variable.name), (value) => {
      scope.values.set(variable.name, value);
      go();
    });
    asked(variable, scope, node.querySelector("select")).catch(() => {});
    return node;
  });
  const others = links.filter((l) => l.type !== "dashboards" && /^\/d\//.test(l.url ?? "")).map((l) => el("a", { class: "link", href: withToken(l.url) }, l.title));
  return [range, ...variables, el("span", { class: "links" }, ...others)];
}
