// The head of the panel: what changed, the run and its controls, its phases, and what waits for a person.

const STATES = { active: "accent", paused: "warn", completed: "good", failed: "bad", stopped: "bad" };
const TASKS = [
  ["done", "good"], ["merging", "accent"], ["checking", "accent"], ["running", "accent"], ["needs_work", "warn"],
  ["queued", ""], ["blocked", ""], ["pending", ""], ["failed", "bad"],
];
const NOT_COUNTED = new Set(["cancelled", "duplicate"]);
const KINDS = { permission: "question", question: "question", task: "warning", agent: "warning", phase: "play", run: "play", budget: "warning", ticket: "check", requirement: "check" };
const LONG = 280; // characters of a need that are shown before somebody asks for the rest
const TELLING = /^(tickets created|tasks (done|failed)|merges|conflicts|requirements|questions)/;
const MOST = 6; // needs that are shown before somebody asks for the rest

/** Return "ticket created" for "tickets created". */
const one = (what) => what.replace(/^memories\b/, "memory").replace(/^(\w+)s\b/, "$1");

class Head {
  constructor(frame, signal) {
    this.frame = frame;
    this.store = frame.store;
    this.since = h("p", { class: "head-since", role: "status" });
    this.title = h("div", { class: "head-run" });
    this.controls = h("div", { class: "heph-bar head-controls" });
    this.needs = h("section", { class: "head-needs", "aria-label": "Waits for you", hidden: true });
    this.phases = h("div", { class: "head-phases", role: "list", "aria-label": "Phases" });
    this.rows = new Map();
    this.cards = new Map();
    this.all = false;
    this.settled = 0;
    frame.bar.append(this.title, this.controls);
    this.outcome = h("p", { class: "head-outcome", hidden: true });
    frame.root.prepend(this.since);
    frame.body.append(this.outcome, this.needs, this.phases);
    this.update({ whole: true });
    this.look(false);
    this.clock = setInterval(() => this.elapsed(), 1000);
    const seen = () => {
      if (document.visibilityState === "hidden") this.left = Date.now();
      else if (this.left && Date.now() - this.left > 60_000) this.look(true);
    };
    document.addEventListener("visibilitychange", seen, { signal });
  }

  update(changed) {
    const { whole } = changed;
    if (whole || changed.runs || changed.used_tokens) this.head();
    if (whole || changed.phases || changed.tasks || changed.agents) this.progress();
    if (whole || changed.needs || changed.standing) this.waiting();
    if (changed.tasks || changed.runs) this.later();
  }

  /** What changed since the last look: read again at most every three seconds, and only when something did. */
  later() {
    this.pending ??= setTimeout(() => {
      this.pending = null;
      this.look(false);
    }, 3000);
  }

  async look(again) {
    try {
      this.told = await this.store.read("since", { again });
      this.first();
    } catch {
      // the link line says what is the matter
    }
  }

  first() {
    if (!this.told) return;
    const { since, changes, used, outcome } = this.told;
    this.outcome.textContent = outcome ?? "";
    this.outcome.hidden = !outcome;
    const changed = Object.entries(changes).filter(([what]) => TELLING.test(what)).map(([what, n]) => `${n} ${n === 1 ? one(what) : what}`).join(", ") || "nothing changed";
    const waits = this.store.also.needs.length;
    const tokens = used.input_tokens + used.output_tokens;
    const cost = Object.entries(used.cost).map(([currency, amount]) => `, ${amount.toFixed(2)} ${currency}`).join("");
    const ago = since ? `Since you last looked, ${duration((Date.now() - Date.parse(since)) / 1000)} ago` : "So far";
    this.since.replaceChildren(h("b", { text: `${ago}: ` }), `${changed}. `,
      h("b", { class: waits ? "head-waits" : "", text: waits ? `${plural(waits, "thing")} ${waits === 1 ? "waits" : "wait"} for you. ` : "Nothing waits for you. " }),
      `Used: ${plural(used.agents, "agent")}, ${duration(used.seconds)} of work, ${tokens || cost ? `${tokens.toLocaleString("en")} tokens${cost}` : "tokens not reported"}.`);
  }

  head() {
    const { run } = this.store, over = ["completed", "failed", "stopped"].includes(run.status);
    this.time = h("span", {});
    this.state = h("span", { class: `heph-chip ${STATES[run.status] ?? ""}`, text: run.status });
    const used = this.store.also.used_tokens.toLocaleString("en");
    const budget = run.budget_tokens ? ` · ${used} of ${run.budget_tokens.toLocaleString("en")} tokens` : "";
    this.title.replaceChildren(h("h3", { text: run.name, tabindex: "-1" }), this.state,
      h("span", { class: "heph-soft head-facts" }, h("span", { title: run.prd_path, text: run.prd_path.split("/").pop() }),
        " · ", h("span", { class: "heph-mono", text: run.branch }), " · ", this.time, budget, run.manual ? " · phases by hand" : ""));
    this.elapsed();
    const act = (name) => () => this.frame.act(name);
    const had = this.controls.contains(document.activeElement);
    this.controls.replaceChildren(...[
      run.status === "active" && button("Pause", { name: "pause", press: act("pause") }),
      (run.status === "paused" || run.status === "failed") && button("Resume", { name: "play", kind: "main", press: act("resume") }),
      !over && this.stopping(),
    ].filter(Boolean));
    if (had) (this.controls.querySelector("button") ?? this.title.firstChild).focus();
    this.frame.root.dataset.status = run.status;
  }

  /** Stopping is for good, so it asks once more, in place. */
  stopping() {
    const place = h("span", { class: "heph-bar" });
    const ask = () => {
      const reason = h("input", { placeholder: "Why (optional)", "aria-label": "Why the run is stopped" });
      const stop = () => this.frame.act("stop", { reason: reason.value || null });
      place.replaceChildren(reason, button("Stop for good", { name: "stop", kind: "danger", press: stop }), button("Keep going", { press: rest }));
      place.addEventListener("keydown", (event) => event.key === "Escape" && rest());
      reason.addEventListener("keydown", (event) => event.key === "Enter" && stop());
      reason.focus();
    };
    const rest = () => {
      place.replaceChildren(first);
      first.focus();
    };
    const first = button("Stop", { name: "stop", press: ask });
    place.append(first);
    return place;
  }

  elapsed() {
    const { run } = this.store;
    const end = run.ended_at ? Date.parse(run.ended_at) : Date.now();
    const text = `${run.ended_at ? "took " : ""}${duration((end - Date.parse(run.created_at)) / 1000)}`;
    if (this.time.textContent !== text) this.time.textContent = text;
  }

  progress() {
    const tasks = new Map(), agents = new Map(), phaseOf = this.store.table("tasks");
    for (const task of phaseOf.values()) {
      const counts = tasks.get(task.phase) ?? {};
      counts[task.status] = (counts[task.status] ?? 0) + 1;
      tasks.set(task.phase, counts);
    }
    for (const agent of this.store.table("agents").values()) {
      const phase = phaseOf.get(agent.task_id)?.phase;
      if (phase !== undefined && agent.status !== "terminated") agents.set(phase, [...(agents.get(phase) ?? []), agent]);
    }
    const shown = [...this.store.table("phases").values()].sort((a, b) => a.number - b.number);
    for (const phase of shown) {
      if (!this.cards.has(phase.id)) {
        this.cards.set(phase.id, h("div", { class: "head-phase", role: "listitem", data: { phase: phase.number } }));
        this.phases.append(this.cards.get(phase.id));
      }
      this.phase(this.cards.get(phase.id), phase, tasks.get(phase.number) ?? {}, agents.get(phase.number) ?? []);
    }
  }

  phase(card, phase, counts, agents) {
    const known = JSON.stringify([phase, counts, agents.map((a) => [a.preset, a.status])]);
    if (card.known === known) return;
    card.known = known;
    const counted = Object.entries(counts).filter(([status]) => !NOT_COUNTED.has(status));
    const total = counted.reduce((sum, [, n]) => sum + n, 0), done = counts.done ?? 0;
    const bar = h("div", { class: "head-progress", role: "progressbar", "aria-valuemin": "0", "aria-valuemax": String(total), "aria-valuenow": String(done), "aria-label": `${phase.name}: ${done} of ${plural(total, "task")} done` },
      TASKS.filter(([status]) => counts[status]).map(([status, kind]) => h("i", { class: kind || "rest", style: `flex:${counts[status]}`, title: `${counts[status]} ${words(status)}` })));
    const said = TASKS.filter(([status]) => status !== "done" && counts[status]).map(([status]) => `${counts[status]} ${words(status)}`);
    const presets = [...new Set(agents.map((a) => a.preset))].map((p) => `${agents.filter((a) => a.preset === p).length} ${p}`).join(", ");
    const had = card.contains(document.activeElement);
    card.replaceChildren(
      h("div", { class: "head-phase-top" }, h("b", { text: `${phase.number} ${phase.name}` }),
        h("span", { class: `heph-chip ${{ open: "accent", complete: "good" }[phase.status] ?? ""}`, text: phase.status })),
      bar, h("div", { class: "heph-soft", text: total ? [`${done} of ${total} done`, ...said].join(" · ") : "no tasks yet" }),
      h("div", { class: "head-phase-foot" }, h("span", { class: agents.length ? "head-busy" : "heph-soft", text: agents.length ? `${presets} at work` : "" }),
        phase.status === "pending" ? button(`Start phase ${phase.number}`, { name: "play", press: () => this.frame.act("start_phase", { phase: phase.number }) }) : null));
    if (had) card.querySelector("button")?.focus();
  }

  waiting() {
    const { needs, standing } = this.store.also;
    this.first();
    const at = [...this.rows.values()].findIndex((row) => row.contains(document.activeElement));
    const keys = new Set(needs.map((need) => `${need.kind} ${need.id} ${need.text}`));
    for (const [key, row] of this.rows) {
      if (!keys.has(key)) {
        row.remove();
        this.rows.delete(key);
      }
    }
    const shown = this.all ? needs : needs.slice(0, MOST);
    for (const need of shown) {
      const key = `${need.kind} ${need.id} ${need.text}`;
      if (!this.rows.has(key)) this.rows.set(key, this.need(need));
    }
    const rows = shown.map((need) => this.rows.get(`${need.kind} ${need.id} ${need.text}`));
    if (!this.list) {
      this.list = h("ul", {});
      this.more = button("", { kind: "quiet", press: () => { this.all = !this.all; this.waiting(); } });
      this.why = h("p", { class: "heph-soft head-standing" });
      this.heading = h("h4");
      this.needs.append(this.heading, this.why, this.list, this.more);
    }
    if (rows.length !== this.list.children.length || rows.some((row, i) => this.list.children[i] !== row)) {
      // Where one row makes room for another, what comes up under the pointer takes no answer at once.
      if (this.list.children.length) this.settled = performance.now() + SETTLES;
      this.list.replaceChildren(...rows);
    }
    if (at >= 0 && !this.needs.contains(document.activeElement)) {
      (rows[Math.min(at, rows.length - 1)]?.querySelector("button") ?? this.title.firstChild).focus();
    }
    this.heading.textContent = needs.length ? "Waits for you" : "Why nothing happens";
    this.more.hidden = needs.length <= MOST;
    this.more.lastChild.textContent = this.all ? "Show fewer" : `Show all ${needs.length}`;
    const told = needs.some((need) => ["phase", "run", "budget", "permission"].includes(need.kind));
    this.why.textContent = told ? "" : standing ?? "";
    this.why.hidden = !this.why.textContent;
    this.needs.hidden = !needs.length && this.why.hidden;
  }

  /** What waits, in full when somebody asks: a long text, or exactly what an agent wants to do. */
  text(need) {
    if (need.kind === "permission") {
      const place = h("div");
      const shows = h("details", {}, h("summary", { text: need.text }), place);
      shows.addEventListener("toggle", async () => {
        if (!shows.open || place.childElementCount) return;
        place.replaceChildren(await this.store.read("detail", { permission: need.id }).then(showDetail, (error) => h("p", { text: error.message })));
      });
      return shows;
    }
    if (need.text.length <= LONG) return need.text;
    const rest = h("span", { hidden: true, text: need.text.slice(LONG) }), gap = h("span", { text: " … " });
    const shows = button("Show all of it", { kind: "quiet", press: () => {
      rest.hidden = false;
      gap.remove();
      shows.remove();
    } });
    return [need.text.slice(0, LONG), gap, rest, shows];
  }

  need(need) {
    const place = h("div", { class: "head-ways" });
    const rest = (focus) => {
      place.replaceChildren(...need.ways.map((way, i) => button(way.label, {
        kind: i === 0 ? "main" : "", title: way.code, press: () => performance.now() > this.settled && (way.asks ? fill(way) : this.frame.act(way.name, way.values)),
      })));
      if (focus) place.querySelector("button")?.focus();
    };
    const fill = (way) => {
      const number = way.name === "set_budget";
      const said = h("input", { placeholder: way.hint, "aria-label": `${way.label}: ${way.hint}`, ...(number ? { type: "number", min: "1" } : {}) });
      const send = async () => {
        if (!said.value.trim()) return said.focus();
        await this.frame.act(way.name, { ...way.values, [way.asks]: number ? Number(said.value) : said.value });
      };
      place.replaceChildren(said, button(way.label, { kind: "main", press: send }), button("Back", { press: () => rest(true) }));
      said.addEventListener("keydown", (event) => {
        if (event.key === "Enter") send();
        if (event.key === "Escape") rest(true);
      });
      said.focus();
    };
    rest(false);
    return h("li", { class: "head-need", data: { need: need.id } },
      h("span", { class: `head-kind head-kind-${need.kind}` }, icon(KINDS[need.kind] ?? "warning"), h("span", { class: "heph-hidden", text: need.kind })),
      h("div", { class: "head-text" }, this.text(need)), place,
      h("code", { class: "heph-mono head-line", title: need.ways_out.join("\n"), text: need.ways_out[0] ?? "" }));
  }
}

export default {
  render({ model, el, signal }) {
    const frame = new Frame(model, el, "panel-head", "Run", signal);
    const head = new Head(frame, signal);
    frame.store.watch(head, signal);
    return () => {
      clearInterval(head.clock);
      clearTimeout(head.pending);
    };
  },
};
