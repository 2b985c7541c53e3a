// Small helpers for building elements and changing only what differs.

const SVG = "http://www.w3.org/2000/svg";

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** An HTML element with attributes and children. */
export const el = (tag, attributes = {}, ...children) =>
  build(document.createElement(tag), attributes, children);

/** An SVG element with attributes and children. */
export const svg = (tag, attributes = {}, ...children) =>
  build(document.createElementNS(SVG, tag), attributes, children);

/** Change a node's text only if it differs: nothing is drawn anew for nothing. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Set a data attribute, or take it away where the value is null. */
export function setState(node, name, value) {
  if (value === null) node.removeAttribute(`data-${name}`);
  else if (node.getAttribute(`data-${name}`) !== value) node.setAttribute(`data-${name}`, value);
}

export const byId = (id) => document.getElementById(id);
