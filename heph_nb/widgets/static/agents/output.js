// The output in the page: a part of the transcript, that follows the newest unless somebody scrolls up.

const DRAWN = { items: 120, characters: 90_000 }; // in the page at a time
const TOOLS = { execute: "terminal", edit: "edit", read: "file", search: "search", delete: "slash", move: "down", fetch: "down", think: "question" };
const CALLS = {
  pending: ["clock", "", "pending"], in_progress: ["work", "accent", "in progress"], completed: ["done", "good", "completed"],
  failed: ["failed", "bad", "failed"], unknown: ["question", "", "end left out"], cut: ["slash", "", "not completed"],
};
Object.assign(ICONS, {
  terminal: "M3 4.5L6.5 8 3 11.5M8 12h5", edit: "M3 13l.6-2.6L11 3l2 2-7.4 7.4zM9.5 4.5l2 2", file: "M4 2.5h5l3 3v8H4zM9 2.5v3h3",
  bottom: "M8 3v8M4.5 7.5L8 11l3.5-3.5M3.5 13.5h9", thought: "M5 11.5a3 3 0 0 1-.5-6 3.6 3.6 0 0 1 7-.2A2.9 2.9 0 0 1 11 11.5zM4.5 13.5h.1",
});

/** Return where a part of the items ends that begins at `from` and is as large as may be drawn. */
function end(items, from) {
  let to = from, characters = 0;
  while (to < items.length && to - from < DRAWN.items && characters < DRAWN.characters) characters += items[to++].text.length;
  return to;
}

/** Return where the newest part of the items begins. */
function begin(items) {
  let from = items.length, characters = 0;
  while (from > 0 && items.length - from < DRAWN.items && characters < DRAWN.characters) characters += items[--from].text.length;
  return from;
}

/** The items in the page: a part of them, that follows the newest unless somebody scrolls up. */
class Log {
  constructor(transcript, frame, changed) {
    this.transcript = transcript;
    this.frame = frame;
    this.changed = changed;
    this.follow = true;
    this.paused = false;
    this.thoughts = false;
    this.query = "";
    this.first = null; // the item that is drawn first, when it does not follow
    this.drawn = new Map();
    this.list = h("div", { class: "output-list" });
    this.older = button("Earlier", { kind: "quiet", class: "heph-button quiet output-earlier", press: () => this.earlier() });
    this.scroll = h("div", { class: "output-scroll", tabindex: "0", role: "log", "aria-live": "off", "aria-label": "Output", on: { scroll: () => this.scrolled() } }, this.older, this.list);
    this.newest = button("Jump to the newest", { name: "bottom", class: "heph-button output-newest", hidden: true, press: () => this.jump() });
    this.el = h("div", { class: "output" }, this.scroll, this.newest);
  }

  /** The items that are shown at all. */
  get shown() {
    if (!this.query) return this.transcript.items;
    return this.transcript.items.filter((item) => plainText(item).toLowerCase().includes(this.query));
  }

  /** How many items one goes back or forth at a time. */
  get step() {
    return Math.ceil(this.drawn.size / 2);
  }

  reset() {
    this.follow = true;
    this.first = null;
    for (const el of this.drawn.values()) el.remove();
    this.drawn.clear();
  }

  later() {
    this.drawing ??= requestAnimationFrame(() => {
      this.drawing = null;
      if (!this.paused) this.draw();
      this.changed();
    });
  }

  draw() {
    const items = this.shown, anchor = this.follow ? null : this.anchor();
    const from = this.follow ? begin(items) : Math.max(0, items.indexOf(this.first));
    const to = this.follow ? items.length : end(items, from);
    const part = items.slice(from, to), wanted = new Set(part.map((item) => item.id));
    this.first = part[0] ?? null;
    this.rest = { before: from, after: items.length - to };
    for (const [id, el] of this.drawn) {
      if (!wanted.has(id)) {
        el.remove();
        this.drawn.delete(id);
      }
    }
    let place = this.list.firstChild;
    for (const item of part) {
      let el = this.drawn.get(item.id);
      if (!el) {
        el = this.make(item);
        this.drawn.set(item.id, el);
      }
      if (el.version !== `${item.version} ${this.query}`) this.fill(el, item);
      if (el === place) place = place.nextSibling;
      else this.list.insertBefore(el, place);
    }
    this.older.hidden = !(this.transcript.earlier || this.rest.before);
    if (this.follow) this.scroll.scrollTop = this.scroll.scrollHeight;
    else if (anchor?.el.isConnected) this.scroll.scrollTop = anchor.el.offsetTop - anchor.top;
    this.newest.hidden = this.follow && !this.transcript.detached;
  }

  /** The first item that one sees, and where. */
  anchor() {
    const top = this.scroll.scrollTop;
    for (const el of this.list.children) if (el.offsetTop + el.offsetHeight > top) return { el, top: el.offsetTop - top };
    return null;
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroll, left = scrollHeight - clientHeight - scrollTop;
    if (this.drawing || this.paused) return;
    const was = this.follow;
    this.follow = left < 24 && !this.rest?.after && !this.transcript.detached;
    this.newest.hidden = this.follow;
    if (this.follow || was) return;
    const items = this.shown, at = items.indexOf(this.first);
    if (scrollTop < 120 && at > 0) this.show(items[Math.max(0, at - this.step)]);
    else if (left < 120 && this.rest?.after) this.show(items[Math.min(begin(items), at + this.step)]);
  }

  show(item) {
    const anchor = this.anchor();
    this.first = item;
    this.draw();
    if (anchor?.el.isConnected) this.scroll.scrollTop = anchor.el.offsetTop - anchor.top;
  }

  async earlier() {
    this.follow = false;
    const items = this.shown, at = items.indexOf(this.first);
    if (at > 0) return this.show(items[Math.max(0, at - this.step)]);
    this.older.disabled = true;
    try {
      const oldest = this.transcript.items[0];
      await this.transcript.readBefore(this.transcript.items.find((item) => item.kind !== "gap"));
      const now = this.shown;
      this.show(now[Math.max(0, now.indexOf(oldest) - this.step)] ?? now[0]);
      this.changed();
    } catch (error) {
      this.frame.notice(error.message);
    }
    this.older.disabled = false;
  }

  /** Read the newest part of what was left out in one place. */
  async readGap(gap) {
    const { items } = this.transcript;
    this.follow = false;
    try {
      await this.transcript.readBefore(items[items.indexOf(gap) + 1]);
    } catch (error) {
      this.frame.notice(error.message);
    }
    this.later();
  }

  async jump() {
    this.follow = true;
    this.scroll.focus({ preventScroll: true });
    if (this.transcript.detached) await this.transcript.select(this.transcript.agent).catch((error) => this.frame.notice(error.message));
    this.later();
  }

  make(item) {
    const time = item.ts && new Date(item.ts);
    const el = h("div", { class: `output-item ${item.kind}`, data: { kind: item.kind } },
      h("time", { class: "output-time", title: time ? time.toLocaleString() : null, text: time ? time.toLocaleTimeString("en-GB") : "" }));
    el.body = h("div", { class: "output-body" });
    el.append(el.body);
    return el;
  }

  fill(el, item) {
    el.version = `${item.version} ${this.query}`;
    if (item.kind === "tool") this.fillTool(el, item);
    else if (item.kind === "thought") this.fillThought(el, item);
    else el.body.replaceChildren(...itemParts(item, this.query, this));
  }

  fillThought(el, item) {
    if (!el.fold) {
      el.line = h("span", { class: "output-first" });
      el.text = h("div", { class: "output-text" });
      el.fold = h("details", { open: this.thoughts }, h("summary", { class: "output-summary" }, icon("chevron"), h("span", { class: "heph-hidden", text: "Thought: " }), el.line), el.text);
      el.body.append(el.fold);
    }
    const [first, ...more] = item.text.trim().split("\n");
    el.line.textContent = first.replaceAll("`", "") + (more.length ? " …" : "");
    el.text.replaceChildren(...(this.query ? matching(item.text, this.query) : [item.text.trim()]));
    if (this.query) el.fold.open = true;
  }

  fillTool(el, item) {
    const { data } = item, over = this.transcript.over && ["pending", "in_progress"].includes(data.status ?? "pending");
    const [symbol, kind, word] = CALLS[over ? "cut" : data.status ?? "pending"] ?? CALLS.unknown;
    if (!el.fold) {
      el.summary = h("summary", { class: "output-summary" });
      el.more = h("div", { class: "output-more" });
      el.fold = h("details", { on: { toggle: () => { if (el.fold.open) this.open(el, item); else el.more.replaceChildren(); } } }, el.summary, el.more);
      el.body.append(el.fold);
    }
    const paths = (Array.isArray(data.locations) ? data.locations : []).map((place) => place?.path).filter(Boolean);
    const title = data.title || `a tool (${words(data.tool_kind ?? "other")})`;
    el.summary.replaceChildren(icon("chevron"), icon(TOOLS[data.tool_kind] ?? "code"), h("span", { class: "output-title", text: title, title: paths.join("\n") || null }),
      h("span", { class: `heph-chip ${kind}` }, icon(symbol), h("span", { text: word })));
    if (el.fold.open) this.open(el, item);
  }

  /** Read what a tool was given and answered, which no message carries. */
  async open(el, item) {
    if (el.reading) return;
    el.reading = true;
    this.follow = false; // what one opens stays where it is
    if (!el.more.hasChildNodes()) el.more.replaceChildren(h("p", { class: "heph-soft", text: "Reading …" }));
    const version = item.version;
    try {
      const parts = await this.transcript.store.read("tool", { agent: this.transcript.agent, call: item.data.tool_call_id });
      if (el.fold.open) el.more.replaceChildren(...(parts.length ? parts.map(toolPart) : [h("p", { class: "heph-soft", text: "Nothing but its title was told." })]));
    } catch (error) {
      el.more.replaceChildren(h("p", { role: "alert", text: error.message }));
    }
    el.reading = false;
    this.scrolled();
    if (el.fold.open && version !== item.version) this.open(el, item);
  }

  /** Open or fold all thoughts. */
  unfold(on) {
    this.thoughts = on;
    for (const el of this.drawn.values()) if (el.line) el.fold.open = on;
    if (this.follow) this.scroll.scrollTop = this.scroll.scrollHeight;
  }
}
