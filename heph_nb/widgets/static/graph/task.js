// A task beside the graph: what it is for, who tried, what was checked, whether it was merged, and what can be done.

const OUTCOMES = { merged: "good", failed: "bad", running: "accent", conflict: "warn", rejected: "bad", queued: "" };

class TaskDetail {
  constructor(graph) {
    this.graph = graph;
    this.store = graph.store;
    this.frame = graph.frame;
    this.el = graph.side;
    this.id = null;
    this.reveals = new Reveals(() => this.id !== null && this.fill());
    this.el.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        event.preventDefault();
        this.close();
      }
    });
  }

  close() {
    const id = this.id;
    this.id = this.graph.selected = null;
    this.el.hidden = true;
    if (id) this.graph.focus(id);
  }

  async open(id) {
    this.id = this.graph.selected = id;
    this.told = null;
    this.reveals.clear();
    this.title = h("h3", { tabindex: "-1" });
    this.body = h("div");
    this.actions = h("div", { class: "task-actions" });
    this.el.hidden = false;
    this.el.scrollTop = 0;
    this.el.replaceChildren(h("div", { class: "task-head" }, this.title, button("Close", { name: "close", only: true, kind: "quiet", press: () => this.close() })), this.actions, this.body);
    this.fill();
    this.graph.light();
    this.title.focus({ preventScroll: true });
    await this.read(id);
  }

  async read(id) {
    try {
      const told = await this.store.read("task", { task: id });
      if (id !== this.id) return;
      this.told = told;
      this.fill();
    } catch (error) {
      this.frame.notice(error.message);
    }
  }

  update(changed) {
    if (this.id === null) return;
    if (!this.graph.tasks.has(this.id)) return this.close();
    if (changed.tasks?.has(this.id)) this.read(this.id);
    if (changed.whole || ["tasks", "attempts", "checks", "merges", "agents", "tickets"].some((table) => changed[table])) this.fill();
  }

  rows(table) {
    return [...this.store.table(table).values()].filter((row) => row.task_id === this.id);
  }

  fill() {
    const task = this.graph.tasks.get(this.id), ticket = this.store.table("tickets").get(task.ticket_id);
    const phase = [...this.store.table("phases").values()].find((one) => one.number === task.phase);
    this.title.textContent = task.title;
    const parts = [h("div", { class: "task-line" }, stateChip(task.status), h("span", { class: "heph-soft", text: `phase ${task.phase} ${phase ? words(phase.name) : ""}` }))];
    if (task.reason) parts.push(h("p", { class: "task-reason", text: task.reason }));
    if (ticket) parts.push(h("h4", { text: "Ticket" }), h("div", { class: "task-line" }, h("span", { class: "task-grow", text: ticket.title }),
      h("span", { class: "heph-chip", text: words(ticket.status) })), h("div", { class: "task-chips" }, ticket.requirement_ids.map((id) => h("span", { class: "heph-chip accent", text: id }))));
    if (this.told?.description) parts.push(h("h4", { text: "What to do" }), h("p", { class: "task-text", text: this.told.description }));
    if (this.told?.summary) parts.push(h("h4", { text: "What came of it" }), h("p", { class: "task-text", text: this.told.summary }));
    if (this.told?.feedback) parts.push(h("h4", { text: "What the next attempt is told" }), h("p", { class: "task-text", text: this.told.feedback }));
    const attempts = this.rows("attempts"), diff = async () => showWork(await this.store.read("diff", { task: task.id }));
    if (attempts.length) parts.push(h("h4", { text: plural(attempts.length, "attempt") }), ...attempts.map((one) => this.attempt(one)),
      this.reveals.button("diff", "Diff", task.title, diff), this.reveals.of("diff") ?? "");
    for (const one of this.rows("merges")) parts.push(this.merge(one));
    const link = (id) => h("button", { type: "button", class: "task-link", on: { click: () => { this.graph.focus(id); this.open(id); } } },
      h("span", { class: "task-grow", text: this.graph.tasks.get(id).title }), stateChip(this.graph.tasks.get(id).status));
    const [parent] = this.graph.ancestors(this.id), children = this.graph.children.get(this.id) ?? [];
    if (parent) parts.push(h("h4", { text: "Created by" }), link(parent));
    if (children.length) parts.push(h("h4", { text: `Created ${plural(children.length, "task")}` }), ...children.slice(0, 50).map(link));
    this.keep(this.body, parts);
    this.keep(this.actions, this.buttons(task));
  }

  /** Replace the children of an element, and give the focus back to the control that stood where it was. */
  keep(el, children) {
    const controls = () => [...el.querySelectorAll("button, summary")];
    const at = controls().indexOf(document.activeElement);
    el.replaceChildren(...children);
    if (at >= 0) controls()[at]?.focus({ preventScroll: true });
  }

  attempt(one) {
    const agent = this.store.table("agents").get(one.agent_id);
    const seconds = one.ended_at ? (Date.parse(one.ended_at) - Date.parse(one.started_at)) / 1000 : null;
    return h("div", { class: "task-attempt" },
      h("div", { class: "task-line" }, h("span", { class: "heph-soft", text: `${one.number}.` }), h("span", { class: "task-grow", text: agent?.preset ?? "agent", title: agent?.label }),
        seconds === null ? null : h("span", { class: "heph-soft", text: duration(seconds) }), h("span", { class: `heph-chip ${OUTCOMES[one.outcome] ?? ""}`, text: words(one.outcome) })),
      one.reason ? h("p", { class: "task-reason", text: one.reason }) : null,
      ...this.rows("checks").filter((check) => check.attempt_id === one.id).map((check) => this.check(check)));
  }

  check(check) {
    const good = check.exit_code === 0, read = async () => {
      const text = await this.store.read("check", { check: check.id });
      return h("pre", { class: "task-output heph-mono", tabindex: "0", "aria-label": `Output of ${check.command}`, text: text || "It printed nothing." });
    };
    return h("div", { class: "task-check" },
      h("div", { class: "task-line" }, h("span", { class: `task-mark ${good ? "good" : "bad"}` }, icon(good ? "check" : "close")), h("code", { class: "task-grow heph-mono", text: check.command, title: check.command }),
        h("span", { class: `heph-chip ${good ? "good" : "bad"}`, text: `exit ${check.exit_code}` }), this.reveals.button(check.id, "Output", check.command, read)), this.reveals.of(check.id));
  }

  merge(one) {
    return h("div", {}, h("h4", { text: "Merge" }), h("div", { class: "task-line" }, icon("merge"), h("span", { class: "task-grow heph-mono", text: `${(one.merge_commit ?? "").slice(0, 8)} → ${one.target}` }),
      h("span", { class: `heph-chip ${OUTCOMES[one.status] ?? ""}`, text: words(one.status) })), one.reason ? h("p", { class: "task-reason", text: one.reason }) : null,
      one.conflicts.length ? h("p", { class: "task-reason", text: `Conflicts in ${one.conflicts.join(", ")}` }) : null);
  }

  buttons(task) {
    const made = [];
    const offer = (label, symbol, name, values, kind = "") => made.push(button(label, { name: symbol, kind, press: () => this.frame.act(name, { task: task.id, ...values }) }));
    if (["failed", "cancelled"].includes(task.status)) offer("Retry", "retry", "retry", {}, "main");
    if (AT_WORK.has(task.status)) offer("Restart", "retry", "restart");
    if (!["done", "cancelled", "duplicate"].includes(task.status)) offer("Give up", "slash", "cancel", {}, "danger");
    return made;
  }
}
