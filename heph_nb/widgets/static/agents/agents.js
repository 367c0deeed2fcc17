// The agents: a row for each, those at work first, and beside them what the selected one says and does.

const AGENTS = { starting: "starting", working: "at work", waiting: "waits for you", stuck: "stuck", terminated: "ended" };
const ORDER = { waiting: 0, stuck: 1, working: 2, starting: 3 };
const ENDED = 50; // of those that ended, at a time
const FRESH = 10_000; // milliseconds between two readings of tokens while agents work

/** Return the state of an agent as a dot of its own form and a word. */
function stateOf(agent) {
  return h("span", { class: `agents-state ${agent.status}` }, h("span", { class: "agents-dot", "aria-hidden": "true" }), h("span", { text: AGENTS[agent.status] ?? agent.status }));
}

class Agents {
  constructor(frame) {
    this.frame = frame;
    this.store = frame.store;
    this.transcript = transcriptOf(this.store);
    this.prefix = `agents-${Math.random().toString(36).slice(2)}`;
    this.figures = {};
    this.doing = {};
    this.rows = new Map();
    this.active = null;
    this.shown = ENDED;
    this.name = h("span", { class: "agents-name", text: "Agents" });
    this.badge = h("span", { class: "heph-chip" });
    this.text = h("input", { type: "search", placeholder: "Filter agents", "aria-label": "Filter agents by text", on: { input: () => this.fill() } });
    this.past = button("Show ended", { "aria-pressed": "false", press: () => {
      this.past.setAttribute("aria-pressed", String(this.past.getAttribute("aria-pressed") !== "true"));
      this.fill();
    } });
    frame.bar.append(this.name, this.badge, this.text, this.past);
    this.list = h("div", { class: "agents-list", role: "listbox", tabindex: "0", "aria-label": "Agents", on: { keydown: (event) => this.key(event), focus: () => this.mark(this.active ?? this.transcript.agent ?? this.order[0]) } });
    this.none = h("p", { class: "heph-soft agents-none" });
    this.more = button("Show more", { kind: "quiet", press: () => { this.shown += ENDED; this.fill(); } });
    this.pane = new AgentPane(this);
    frame.body.append(h("div", { class: "agents-main" }, h("div", { class: "agents-side" }, this.list, this.none, this.more), this.pane.el));
    const { selected } = this.store.also;
    if (!this.transcript.agent && this.store.table("agents").has(selected)) this.transcript.agent = selected;
    if (!this.transcript.agent) this.transcript.agent = this.first();
    this.fill();
    this.pane.open();
    this.pane.heard();
    if (this.transcript.agent) this.follow();
    this.refresh();
  }

  /** The agent that one most likely wants to see: one that waits or works. */
  first() {
    return [...this.store.table("agents").values()].filter((a) => a.status !== "terminated").sort((a, b) => ORDER[a.status] - ORDER[b.status])[0]?.id ?? null;
  }

  update(changed) {
    const { whole, activity } = changed;
    if (whole || activity) this.note(whole ? Object.keys(this.store.activity) : activity);
    if (whole || changed.agents || changed.tasks || changed.permissions || changed.phases) this.fill();
    else if (activity) for (const id of activity) this.draw(id);
    this.pane.fill();
    if (changed.permissions) this.pane.heard();
    if (!this.transcript.agent && this.first()) this.select(this.first());
    else if (this.transcript.trouble && (whole || changed.link) && this.store.also.link.state === "live") this.follow();
    if (whole || changed.agents) this.refresh();
    else if (activity && Date.now() - this.read > FRESH) this.refresh();
  }

  heard(message) {
    if (this.transcript.hear(message) || message.agent === this.transcript.agent) this.pane.heard();
  }

  /** Read what no change tells: what each agent did before, and the tokens that it reported; at most every two seconds. */
  refresh() {
    if (this.refreshing) return;
    this.refreshing = setTimeout(async () => {
      this.read = Date.now();
      try {
        this.figures = await this.store.read("figures");
        for (const [id, { ts, kind, text }] of Object.entries(this.figures)) if (ts && !(this.doing[id]?.ts > ts)) this.doing[id] = { ts, words: inWords(kind, text) || this.doing[id]?.words };
        for (const id of this.rows.keys()) this.draw(id);
        this.pane.fill();
      } catch (error) {
        this.frame.notice(error.message);
      }
      this.refreshing = null;
    }, this.read ? 2000 : 0);
  }

  note(ids) {
    for (const id of ids) {
      const { ts, kind, text } = this.store.activity[id];
      this.doing[id] = { ts, words: inWords(kind, text) || this.doing[id]?.words };
    }
  }

  figure(id) {
    return this.figures[id] ?? {};
  }

  tokens(id) {
    const { tokens, context } = this.figure(id);
    if (typeof tokens === "number") return plural(tokens, "token");
    return typeof context === "number" ? `${context.toLocaleString("en")} tokens in its context` : "tokens: not reported";
  }

  time(agent) {
    const end = agent.ended_at ? Date.parse(agent.ended_at) : Date.now();
    return duration((end - Date.parse(agent.started_at)) / 1000);
  }

  task(agent) {
    return this.store.table("tasks").get(agent.task_id);
  }

  /** Sort the rows: those at work, the most pressing first, then those that ended, the newest first. */
  fill() {
    const query = this.text.value.toLowerCase().trim(), all = [...this.store.table("agents").values()];
    const fits = (agent) => !query || [agent.preset, agent.label, this.task(agent)?.title, AGENTS[agent.status]].some((text) => text?.toLowerCase().includes(query));
    const live = all.filter((a) => a.status !== "terminated"), over = all.filter((a) => a.status === "terminated");
    const withPast = this.past.getAttribute("aria-pressed") === "true" || Boolean(query) || live.length === 0; // an empty list tells nothing
    const working = live.filter(fits).sort((a, b) => ORDER[a.status] - ORDER[b.status] || a.started_at.localeCompare(b.started_at));
    const past = over.filter(fits).sort((a, b) => (b.ended_at ?? "").localeCompare(a.ended_at ?? ""));
    const kept = withPast ? past.slice(0, this.shown) : past.filter((agent) => agent.id === this.transcript.agent);
    this.order = [...working, ...kept].map((agent) => agent.id);
    this.badge.textContent = live.length ? `${live.length} at work` : "none at work";
    this.badge.classList.toggle("accent", live.length > 0);
    this.past.lastChild.textContent = `Show ended (${over.length.toLocaleString("en")})`;
    this.past.hidden = !over.length;
    this.more.hidden = !withPast || past.length <= this.shown;
    this.none.hidden = this.order.length > 0;
    this.none.textContent = query ? "No agent fits." : all.length ? "No agent is at work." : "No agent has begun yet.";
    for (const [id, row] of this.rows) {
      if (this.order.includes(id)) continue;
      row.remove();
      this.rows.delete(id);
    }
    let place = this.list.firstChild;
    for (const id of this.order) {
      let row = this.rows.get(id);
      if (!row) this.rows.set(id, row = this.row(id));
      if (row === place) place = place.nextSibling;
      else this.list.insertBefore(row, place);
      this.draw(id);
    }
    this.list.tabIndex = this.order.length ? 0 : -1;
    this.list.hidden = !this.order.length;
    if (!this.rows.has(this.active)) this.mark(null);
  }

  row(id) {
    const el = h("div", { class: "agents-row", role: "option", id: `${this.prefix}-${id}`, "aria-selected": "false", data: { agent: id }, on: { click: () => this.select(id) } });
    el.parts = { state: h("span"), task: h("span", { class: "agents-task" }), time: h("span", { class: "heph-soft agents-time" }), who: h("span", { class: "agents-who" }), tokens: h("span", { class: "agents-tokens" }), last: h("span", { class: "agents-last" }), ago: h("span", { class: "agents-tokens" }) };
    const { state, task, time, who, tokens, last, ago: since } = el.parts;
    el.append(h("div", { class: "agents-line" }, task, time), h("div", { class: "agents-line heph-soft" }, state, who, tokens), h("div", { class: "agents-line heph-soft" }, last, since));
    return el;
  }

  draw(id) {
    const row = this.rows.get(id), agent = this.store.table("agents").get(id);
    if (!row || !agent) return;
    const { parts } = row, task = this.task(agent);
    const set = (el, text) => { if (el.textContent !== text) el.textContent = text; };
    if (row.status !== agent.status) {
      row.status = agent.status;
      parts.state.replaceChildren(stateOf(agent));
      row.classList.toggle("over", agent.status === "terminated");
    }
    row.asked = [...this.store.table("permissions").values()].find((p) => p.agent_id === id && p.status === "pending")?.title;
    set(parts.who, agent.preset);
    set(parts.task, task?.title ?? "no task");
    row.ended = task && agent.status === "terminated" ? `its task is ${words(task.status)}` : "ended";
    set(parts.tokens, this.tokens(id));
    row.setAttribute("aria-selected", String(id === this.transcript.agent));
    this.tick(id, row, agent);
  }

  tick(id, row, agent) {
    const doing = this.doing[id], set = (el, text) => { if (el.textContent !== text) el.textContent = text; };
    set(row.parts.time, this.time(agent));
    const over = agent.status === "terminated", at = over ? agent.ended_at : row.asked ? null : doing?.ts;
    set(row.parts.last, over ? row.ended : row.asked ? `asks: ${row.asked}` : doing ? doing.words || "at work" : "nothing heard yet");
    set(row.parts.ago, at ? `${ago(at)} ago` : "");
  }

  clock() {
    for (const [id, row] of this.rows) this.tick(id, row, this.store.table("agents").get(id));
    this.pane.tick();
  }

  key(event) {
    const i = this.order.indexOf(this.active), last = this.order.length - 1;
    const to = { ArrowUp: i - 1, ArrowDown: i + 1, Home: 0, End: last }[event.key];
    if (to !== undefined) this.mark(this.order[Math.max(0, Math.min(last, to))]);
    else if ((event.key === "Enter" || event.key === " ") && this.active) this.select(this.active, true);
    else return;
    event.preventDefault();
  }

  /** Mark the row that the keyboard is on. */
  mark(id) {
    this.rows.get(this.active)?.classList.remove("active");
    this.active = id ?? null;
    const row = this.rows.get(id);
    if (!row) return this.list.removeAttribute("aria-activedescendant");
    row.classList.add("active");
    row.scrollIntoView({ block: "nearest" });
    this.list.setAttribute("aria-activedescendant", row.id);
  }

  select(id, focus = false) {
    this.mark(id);
    if (id !== this.transcript.agent) {
      this.follow(id);
      this.fill();
      this.pane.open();
      this.pane.heard();
    }
    if (focus) this.pane.log.scroll.focus({ preventScroll: true });
    const agent = this.store.table("agents").get(id);
    this.frame.say(`${agent.preset}: ${this.task(agent)?.title ?? "no task"}`);
  }

  async follow(id = this.transcript.agent) {
    try {
      await this.transcript.select(id);
    } catch (error) {
      this.frame.notice(error.message);
    }
  }
}

/** Say what an agent did, in a few words; nothing if it is not worth telling. */
function inWords(kind, text) {
  const line = (text ?? "").trim().split("\n").at(-1).slice(-160);
  if (kind === "agent.plan") return "updated its plan";
  if (!line) return "";
  if (kind === "agent.message") return `“${line}”`;
  if (kind === "agent.thought") return `thinks: ${line}`;
  return kind?.startsWith("agent.tool_call") ? line : "";
}

export default {
  render({ model, el, signal }) {
    const frame = new Frame(model, el, "agents", "Agents", signal);
    const view = new Agents(frame);
    frame.store.watch(view, signal);
    const clock = setInterval(() => view.clock(), 1000);
    return () => clearInterval(clock);
  },
};
