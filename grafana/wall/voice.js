// The newest feedback in its own words: what the figures are about.

import { el, setState, setText } from "./dom.js";
import { get } from "./data.js";
import { moment } from "./format.js";

const SIGNS = { positive: "+ positive", neutral: "= neutral", negative: "− negative" };

export class Voice {
  constructor(audience) {
    this.audience = audience;
    this.list = "feedback_latest";
    this.quote = el("blockquote");
    this.source = el("footer");
    const title = el("header", {}, el("h2", {}, "Latest feedback"));
    this.node = el("article", { class: "tile tile-voice" }, title, this.quote, this.source);
    this.show([], 0);
  }

  async refresh(now) {
    const { rows } = await get(`/api/lists/${this.list}`, { audience: this.audience, limit: 20 });
    this.show(rows.filter((row) => row.text), now);
  }

  show([newest], now) {
    setState(this.node, "empty", newest ? null : "yes");
    setText(this.quote, newest ? `“${newest.text}”` : "No feedback yet: waiting for events on topic feedback");
    const told = newest && [moment(newest.at, now), newest.channel ?? newest.medium, SIGNS[newest.sentiment]];
    setText(this.source, told ? told.filter(Boolean).join(" · ") : "");
  }
}
