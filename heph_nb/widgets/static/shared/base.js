// What all views share: elements, the copy of the run, what is asked of the kernel, and the frame around a view.

const ICONS = {
  search: "M11 11l4 4M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10z",
  plus: "M8 3v10M3 8h10",
  close: "M4 4l8 8M12 4l-8 8",
  code: "M5.5 4.5L2 8l3.5 3.5M10.5 4.5L14 8l-3.5 3.5",
  lock: "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
  check: "M3 8.5l3.5 3.5L13 4.5",
  question: "M5.5 6a2.5 2.5 0 1 1 3.6 2.2C8.3 8.6 8 9 8 9.8M8 12.4v.1",
  chevron: "M6 3.5L10.5 8 6 12.5",
  copy: "M5.5 5.5h7v8h-7zM3.5 10.5v-8h7",
  play: "M5 3.5l7 4.5-7 4.5z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  stop: "M4 4h8v8H4z",
  retry: "M13 3v3.5H9.5M12.7 6.5A5 5 0 1 0 13 9",
  message: "M2.5 3.5h11v7h-6l-3 2.5v-2.5h-2z",
  commit: "M8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM1.5 8h4M10.5 8h4",
  warning: "M8 2.5l6 11H2zM8 6.5v3.2M8 11.6v.1",
};

const PATIENCE = 3000; // milliseconds after which a person is told that there is no answer yet

/** Return an element. `props`: attributes; `on` holds listeners, `class`, `text`, `data` as they say. */
function h(tag, props = {}, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [type, listener] of Object.entries(value)) el.addEventListener(type, listener);
    else if (name === "data") Object.assign(el.dataset, value);
    else if (name === "class") el.className = value;
    else if (name === "text") el.textContent = value;
    else if (name === "value") el.value = value;
    else if (name === "style") el.style.cssText = value;
    else el.setAttribute(name, value === true ? "" : value);
  }
  el.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return el;
}

/** Return an icon that screen readers pass over. */
function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "heph-icon");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Return a button; with an icon alone its label is for screen readers and the tooltip. One press at a time. */
function button(label, { name, press, kind = "", only = false, ...props }) {
  const once = async ({ currentTarget: pressed }) => {
    if (pressed.getAttribute("aria-busy") === "true") return;
    pressed.setAttribute("aria-busy", "true");
    try {
      await press();
    } finally {
      pressed.removeAttribute("aria-busy");
    }
  };
  return h("button", {
    type: "button", class: `heph-button ${kind}`, on: { click: once },
    ...(only ? { "aria-label": label, title: label } : {}), ...props,
  }, name ? icon(name) : null, only ? null : h("span", { text: label }));
}

const words = (text) => String(text).replaceAll("_", " ").replaceAll("-", " ");
const plural = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

/** Return seconds in words: "12 s", "3 min", "2 h 5 min". */
function duration(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

/** The copy of the run that one view shows: one for each model, however many times it is on the page. */
class Store {
  constructor(model) {
    this.model = model;
    this.watchers = new Set();
    this.frames = new Set(); // those that can be seen
    this.on = false; // whether the kernel sends changes
    this.waiting = new Map();
    this.page = Math.random().toString(36).slice(2); // one model may be on several pages, and each hears all that is sent
    this.asked = 0;
    this.changed = null;
    this.code = [];
    this.load(model.get("snapshot"));
    model.on("msg:custom", (message) => this.hear(message));
  }

  /** Say that this page looks, and what it has: it gets everything if that is not the newest. */
  greet() {
    this.model.send({ kind: "watch", on: true, rev: this.rev, page: this.page });
  }

  /** The records of a table by id, in the order of creation. */
  table(name) {
    return (this.tables[name] ??= new Map());
  }

  get run() {
    return this.table("runs").get(this.facts.run_id) ?? {};
  }

  load(whole) {
    this.rev = whole.rev;
    this.facts = whole.facts;
    this.tables = {};
    this.activity = {};
    this.also = {}; // what is told beside records: the link, and what a view adds
    this.lost = false;
    this.take(whole);
    this.note("whole");
  }

  take(part) {
    for (const [table, records] of Object.entries(part.put)) {
      const kept = this.table(table);
      for (const record of records) {
        kept.set(record.id, record);
        this.note(table, record.id);
      }
    }
    for (const [id, doing] of Object.entries(part.activity)) {
      this.activity[id] = doing;
      this.note("activity", id);
    }
    for (const [name, value] of Object.entries(part)) {
      if (["put", "activity", "rev", "kind", "facts"].includes(name)) continue;
      if (JSON.stringify(this.also[name]) !== JSON.stringify(value)) this.note(name);
      this.also[name] = value;
    }
  }

  hear(message) {
    if (message.kind === "answer") {
      const asked = this.waiting.get(message.request);
      this.waiting.delete(message.request);
      if (message.code) {
        this.code.push(message.code);
        this.note("code");
      }
      if (asked && message.error !== undefined) asked.reject(new Error(message.error));
      else asked?.resolve(message);
    } else if (message.kind === "whole") {
      this.load(message.whole);
    } else if (message.kind === "change" && message.rev === this.rev + 1) {
      this.rev = message.rev;
      this.take(message);
    } else if (message.kind === "change" && message.rev > this.rev && !this.lost) {
      this.lost = true; // one was missed: ask for everything, once
      this.again();
    } else if (message.kind !== "change") {
      for (const watcher of this.watchers) watcher.heard?.(message);
    }
  }

  /** Remember that something changed, and tell the watchers once a frame. */
  note(table, id) {
    if (this.changed === null) {
      this.changed = {};
      requestAnimationFrame(() => this.flush());
    }
    (this.changed[table] ??= new Set()).add(id);
  }

  flush() {
    const changed = this.changed;
    this.changed = null;
    for (const watcher of this.watchers) watcher.update(changed);
  }

  /** Let a watcher know of changes: `update({table: Set of ids})`, with `whole` when everything is new. */
  watch(watcher, signal) {
    this.watchers.add(watcher);
    signal?.addEventListener("abort", () => this.watchers.delete(watcher));
  }

  /** Ask for everything again. */
  again() {
    this.model.send({ kind: "watch", on: true, rev: -1, page: this.page });
  }

  /** Note whether a frame can be seen: the kernel sends nothing that nobody looks at. */
  seen(frame, visible) {
    if (visible === this.frames.has(frame)) return;
    if (visible) this.frames.add(frame);
    else this.frames.delete(frame);
    const on = this.frames.size > 0;
    if (on === this.on) return;
    this.on = on;
    if (on) this.begin();
    else this.end();
  }

  /** Look from now on: say so, and again every minute, since a page that falls silent is forgotten after a while. */
  begin() {
    this.looking = new AbortController();
    const { signal } = this.looking, beat = setInterval(() => this.greet(), 60_000);
    signal.addEventListener("abort", () => clearInterval(beat));
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.greet(), { signal });
    addEventListener("pagehide", () => this.end(), { signal });
    this.greet();
  }

  end() {
    this.looking.abort();
    this.model.send({ kind: "watch", on: false, rev: this.rev, page: this.page });
  }

  ask(kind, name, values) {
    const request = `${this.page} ${++this.asked}`;
    const answered = new Promise((resolve, reject) => this.waiting.set(request, { resolve, reject }));
    this.model.send({ kind, name, values, request });
    return answered;
  }

  /** Read something that is no record of ours; returns a promise of the value. */
  read(name, values = {}) {
    return this.ask("read", name, values).then((answer) => answer.value);
  }

  /** Do what the run's method of this name does; returns a promise of `{value, code, said}`. */
  act(name, values = {}) {
    const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)); // null is None
    return this.ask("act", name, given);
  }
}

const stores = new WeakMap();

function storeOf(model) {
  if (!stores.has(model)) stores.set(model, new Store(model));
  return stores.get(model);
}

/** The frame around a view: a bar, what is the matter, the body, and the Python of what was done. */
class Frame {
  constructor(model, el, name, label, signal) {
    this.store = storeOf(model);
    this.bar = h("div", { class: "heph-bar" });
    this.body = h("div", { class: "heph-body" });
    this.link = h("div", { class: "heph-link", role: "status", hidden: true });
    this.notices = h("div", { class: "heph-notices", role: "alert" });
    this.said = h("div", { class: "heph-hidden", role: "status", "aria-live": "polite" });
    this.lines = h("pre", { class: "heph-code", hidden: true, tabindex: "0", "aria-label": "Python of what was done" });
    this.shows = button("Show code", {
      name: "code", only: true, kind: "quiet", "aria-pressed": "false",
      press: () => {
        this.lines.hidden = !this.lines.hidden;
        this.shows.setAttribute("aria-pressed", String(!this.lines.hidden));
        this.showCode();
      },
    });
    const head = h("div", { class: "heph-head" }, this.bar, this.shows);
    this.root = h("section", {
      class: `heph heph-${name}`, "aria-label": label, "data-lm-suppress-shortcuts": "true",
      on: { keydown: (event) => event.stopPropagation(), contextmenu: (event) => event.stopPropagation() },
    }, this.link, this.notices, head, this.body, this.lines, this.said);
    el.append(this.root);
    this.store.watch({ update: (changed) => this.update(changed) }, signal);
    const watched = new IntersectionObserver((entries) => this.store.seen(this, entries.at(-1).boundingClientRect.width > 0));
    watched.observe(this.root); // a tab that is not open has no width
    this.store.seen(this, true);
    signal?.addEventListener("abort", () => {
      watched.disconnect();
      this.store.seen(this, false);
    });
    this.update({ link: true });
  }

  update(changed) {
    if (changed.link || changed.whole) {
      const { state, trouble } = this.store.also.link;
      this.link.hidden = state === "live";
      this.link.className = `heph-link ${state}`;
      this.link.replaceChildren(h("span", { text: trouble ?? "" }), ...(state === "ended" || state === "lost"
        ? [button("Start it again", { press: () => this.store.again() })] : []));
    }
    if (changed.code) this.showCode();
  }

  showCode() {
    this.lines.textContent = this.store.code.join("\n") || "# what you do here appears as Python";
  }

  /** Say something to those who listen instead of looking. */
  say(text) {
    this.said.textContent = text;
  }

  /** Show what is the matter, or what was answered, until it is dismissed. */
  notice(text, kind = "error") {
    const line = h("div", { class: `heph-notice ${kind}` }, h("span", { text }),
      button("Dismiss", { name: "close", only: true, kind: "quiet", press: () => {
        line.remove();
        this.shows.focus();
      } }));
    this.notices.replaceChildren(line);
  }

  /** Carry out an action; what goes wrong is shown here, what is answered too. Resolves to the answer or null. */
  async act(name, values) {
    const slow = setTimeout(() => this.notice("No answer yet: the kernel or the backend is busy. It is done when they answer.", "answer"), PATIENCE);
    try {
      const answer = await this.store.act(name, values);
      this.notices.replaceChildren();
      if (answer.said) this.notice(answer.said, "answer");
      return answer;
    } catch (error) {
      this.notice(error.message);
      return null;
    } finally {
      clearTimeout(slow);
    }
  }
}
