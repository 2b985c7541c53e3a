// Kiosk: no controls, and on to the next page after so many seconds (?kiosk=60&pages=wall,supply-chain).

import { setState } from "./dom.js";
import { pagesOf } from "./nav.js";
import { withToken } from "./data.js";

const SECONDS_LEAST = 3;
// How long a long page takes from top to end where it does not rotate.
const SCREENS_S = 40;

/** The pages to rotate through: those named, or all. */
export function rotation(rows, named) {
  const pages = pagesOf(rows);
  const wanted = (named ?? "").split(",").filter(Boolean);
  const chosen = wanted.map((uid) => pages.find((p) => p.uid === uid || (uid === "wall" && p.path === "/"))).filter(Boolean);
  return chosen.length ? chosen : pages;
}

export class Kiosk {
  constructor(rows, address = new URLSearchParams(location.search)) {
    this.on = address.has("kiosk");
    this.seconds = Number(address.get("kiosk")) || 0;
    this.pages = rotation(rows, address.get("pages"));
  }

  start() {
    setState(document.body, "kiosk", this.on ? "yes" : null);
    if (this.on) this.#scroll();
    if (this.seconds <= 0 || this.pages.length < 2) return;
    const place = this.pages.findIndex((p) => p.path === location.pathname);
    const next = this.pages[(place + 1) % this.pages.length];
    setTimeout(() => this.#move(next), Math.max(SECONDS_LEAST, this.seconds) * 1_000);
  }

  /** A page longer than the screen is shown a screen at a time. */
  #scroll() {
    let screen = 0;
    const page = document.documentElement;
    const screens = Math.ceil(page.scrollHeight / innerHeight - 0.05);
    if (screens < 2) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    setInterval(() => {
      screen = (screen + 1) % screens;
      scrollTo({ top: screen * (innerHeight - 5 * parseFloat(getComputedStyle(page).fontSize)), behavior: calm ? "auto" : "smooth" });
    }, ((this.seconds || SCREENS_S) / screens) * 1_000);
  }

  /** Only to a server that answers: a wall shows stale figures rather than an error page. */
  async #move(next) {
    const answers = await fetch(next.path, { method: "HEAD" }).then((r) => r.ok, () => false);
    if (answers) location.assign(withToken(next.path));
    else setTimeout(() => this.#move(next), 5_000);
  }
}
