// The menu of dashboards and the keyboard: arrows, numbers, f, k, m, ?.

import { el } from "./dom.js";
import { withToken } from "./data.js";

const FOLDERS = { overview: "Overview", customers: "Customers", partners: "Partners", more: "More" };
const KEYS = [
  ["→ ←", "next, previous dashboard"],
  ["1 … 25", "that dashboard (two digits: quickly one after the other)"],
  ["0", "overview"],
  ["m", "menu"],
  ["f", "full screen"],
  ["k", "kiosk: no controls"],
  ["r", "rotate through the dashboards, a minute each"],
  ["?", "these keys"],
  ["Esc", "close, leave the kiosk"],
];
const DIGITS_MS = 700;

/** All pages in their order: the overview first. */
export const pagesOf = (rows) => [{ path: "/", title: "Command Centre", folder: "overview" }, ...rows.map((r) => ({ ...r, path: `/d/${r.uid}` }))];

export class Menu {
  constructor(rows, button) {
    this.pages = pagesOf(rows);
    this.digits = "";
    this.dialog = this.#dialog("Dashboards", "menu", this.#list());
    this.help = this.#dialog("Keys", "help", el("dl", { class: "keys" }, ...KEYS.flatMap(([key, does]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, does)])));
    document.body.append(this.dialog, this.help);
    button?.addEventListener("click", () => this.dialog.showModal());
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  #dialog(title, name, body) {
    const close = el("button", { class: "tool", type: "button", "aria-label": "Close" }, "✕");
    const node = el("dialog", { class: `sheet sheet-${name}`, "aria-label": title }, el("header", {}, el("h2", {}, title), close), body);
    close.addEventListener("click", () => node.close());
    node.addEventListener("click", (event) => event.target === node && node.close());
    return node;
  }

  #list() {
    const groups = Object.entries(FOLDERS).map(([folder, name]) => {
      const items = this.pages.map((page, number) => ({ ...page, number })).filter((p) => p.folder === folder);
      if (!items.length) return "";
      const links = items.map((p) => el("li", {}, el("a", { href: withToken(p.path), title: p.subtitle, "aria-current": p.path === location.pathname ? "page" : null }, el("span", { class: "number" }, String(p.number)), p.title)));
      return el("section", {}, el("h3", {}, name), el("ul", {}, ...links));
    });
    const others = el("p", { class: "others" }, el("a", { href: "/oncall" }, "On call: acknowledge, assign, resolve, silence"));
    return el("nav", { "aria-label": "Dashboards" }, ...groups, others);
  }

  go(number) {
    const page = this.pages[(number + this.pages.length) % this.pages.length];
    location.assign(withToken(page.path));
  }

  get place() {
    return Math.max(0, this.pages.findIndex((p) => p.path === location.pathname));
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(input|select|textarea)$/i.test(event.target.tagName)) return;
    if (/^\d$/.test(event.key)) return this.#digit(event.key);
    const acts = {
      ArrowRight: () => this.go(this.place + 1),
      ArrowLeft: () => this.go(this.place - 1),
      f: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()).catch(() => {}),
      k: () => toggle("kiosk", ""),
      r: () => toggle("kiosk", "60"),
      m: () => flip(this.dialog),
      "?": () => flip(this.help),
      Escape: () => new URLSearchParams(location.search).has("kiosk") && !document.querySelector("dialog[open]") && toggle("kiosk", null),
    };
    if (!(event.key in acts)) return undefined;
    if (event.key !== "Escape") event.preventDefault();
    return acts[event.key]();
  }

  /** Two digits shortly after another are one number. */
  #digit(key) {
    clearTimeout(this.waiting);
    this.digits += key;
    const number = Number(this.digits);
    const act = () => {
      this.digits = "";
      if (number < this.pages.length) this.go(number);
    };
    if (number * 10 >= this.pages.length || this.digits === "0") act();
    else this.waiting = setTimeout(act, DIGITS_MS);
  }
}

const flip = (dialog) => (dialog.open ? dialog.close() : dialog.showModal());

/** Into or out of the kiosk: it is part of the address, so it outlives a reload. */
function toggle(name, value) {
  const next = new URLSearchParams(location.search);
  if (value === null || next.get(name) === value) next.delete(name);
  else next.set(name, value);
  location.assign(`${location.pathname}?${next}`);
}
