// A ticket beside the board: what it says, what it is for, what was done for it, and what can be done with it.

class Detail {
  constructor(board) {
    this.board = board;
    this.store = board.store;
    this.el = board.side;
    this.id = null;
    this.el.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        event.preventDefault();
        if (this.id && this.parts.text.querySelector("form")) {
          this.texts();
          this.title.focus();
        } else {
          this.close();
        }
      }
    });
  }

  get ticket() {
    return this.store.table("tickets").get(this.id);
  }

  update(changed) {
    if (this.id === null || !this.parts) return;
    if (changed.whole || changed.tickets?.has(this.id)) this.fields();
    if (changed.whole || changed.tickets || changed.tasks || changed.requirements) this.relations();
  }

  close() {
    const id = this.id;
    this.id = null;
    this.el.hidden = true;
    this.el.replaceChildren();
    if (id && this.board.ticket(id)) this.board.focus(id);
    else this.board.fresh.focus();
  }

  async open(id, focus = true) {
    this.id = id;
    this.adder = null;
    this.parts = {
      fields: h("div", { class: "ticket-fields" }), text: h("div", { class: "ticket-text" }),
      relations: h("div"), comments: h("div"), work: h("div"),
    };
    const { ticket } = this;
    this.title = h("h3", { tabindex: "-1", text: ticket.title });
    this.el.hidden = false;
    this.el.replaceChildren(
      h("div", { class: "ticket-head" }, this.title, button("Close", { name: "close", only: true, kind: "quiet", press: () => this.close() })),
      this.parts.fields, this.parts.text, this.parts.relations, this.parts.comments, this.parts.work,
    );
    this.fields();
    this.relations();
    if (focus) this.title.focus();
    await this.read();
  }

  /** Read what a card does not show. */
  async read() {
    const id = this.id;
    try {
      const told = await this.store.read("ticket", { ticket: id });
      if (id !== this.id) return;
      this.told = told;
      this.texts();
    } catch (error) {
      this.board.frame.notice(error.message);
    }
  }

  fields() {
    const { ticket } = this;
    this.title.textContent = ticket.title;
    const choose = (label, value, options, change) => {
      const select = h("select", { on: { change: () => change(select.value) } }, options.map((o) => h("option", { value: o, text: words(o) })));
      select.value = value;
      return h("label", {}, h("span", { text: label }), select);
    };
    const update = (name) => (value) => this.board.frame.act("update_ticket", { ticket: ticket.id, [name]: value });
    const { columns, types, priorities } = this.store.facts;
    this.keep(this.parts.fields,
      choose("Status", ticket.status, columns, (status) => this.board.move(ticket.id, status)),
      choose("Type", ticket.ticket_type, types, update("ticket_type")),
      choose("Priority", ticket.priority, priorities, update("priority")),
      ticket.resolved ? h("span", { class: "heph-chip good" }, icon("check"), h("span", { text: "resolved" }))
        : button("Resolve", { name: "check", press: () => this.board.frame.act("resolve_ticket", { ticket: ticket.id }) }));
  }

  /** Replace the children of an element, and give the focus back to the control that stood where it was. */
  keep(el, ...children) {
    const controls = () => [...el.querySelectorAll("select, button, input")];
    const at = controls().indexOf(document.activeElement);
    el.replaceChildren(...children);
    if (at >= 0) (controls()[at] ?? controls().at(-1))?.focus();
  }

  texts() {
    const { ticket, comments, commits } = this.told;
    this.parts.text.replaceChildren(
      ticket.description ? h("p", { class: "ticket-description", text: ticket.description }) : h("p", { class: "heph-soft", text: "No description." }),
      button("Edit", { press: () => this.edit(ticket) }));
    const said = h("textarea", { rows: "2", placeholder: "Add a comment", "aria-label": "Comment" });
    this.parts.comments.replaceChildren(h("h4", { text: `Comments (${comments.length})` }),
      ...comments.map((c) => h("div", { class: "ticket-comment" }, h("div", { class: "heph-soft", text: this.author(c.author) }), h("div", { text: c.text }))),
      said, button("Comment", { name: "message", press: async () => {
        if (said.value.trim() && await this.board.frame.act("comment", { ticket: ticket.id, text: said.value })) this.read();
      } }));
    const shows = (label, read) => {
      const place = h("div");
      const open = button(label, { name: "chevron", "aria-expanded": "false", press: async () => {
        const opened = open.getAttribute("aria-expanded") === "true";
        open.setAttribute("aria-expanded", String(!opened));
        place.replaceChildren(...(opened ? [] : [h("p", { class: "heph-soft", text: "Reading …" })]));
        if (!opened) place.replaceChildren(await read().catch((error) => h("p", { role: "alert", text: error.message })));
      } });
      return h("div", { class: "ticket-more" }, open, place);
    };
    this.parts.work.replaceChildren(h("h4", { text: `Work (${plural(commits.length, "commit")})` }),
      ...commits.map((c) => this.commit(c)),
      shows("Diff", async () => showWork(await this.store.read("diff", { ticket: ticket.id }))),
      shows("History", async () => this.history(await this.store.read("history", { ticket: ticket.id }))));
  }

  /** A commit: its first line, and what it changed when it is opened. */
  commit({ commit_sha, message }) {
    const place = h("div");
    const row = h("details", { class: "ticket-commit" }, h("summary", {}, h("span", { class: "heph-mono", text: commit_sha.slice(0, 8) }), " ", message.split("\n")[0]), place);
    row.addEventListener("toggle", async () => {
      if (!row.open || place.childElementCount) return;
      place.replaceChildren(await this.store.read("commit", { commit: commit_sha }).then(showWork, (error) => h("p", { role: "alert", text: error.message })));
    });
    return row;
  }

  author(id) {
    const agent = this.store.table("agents").get(id);
    return agent ? agent.label || agent.preset : "you";
  }

  history(rows) {
    return h("ol", { class: "ticket-history" }, rows.map((row) => h("li", {},
      h("span", { class: "heph-soft", text: `${row.ts.slice(0, 19).replace("T", " ")} ${row.actor}: ` }),
      h("span", { text: [words(row.what), row.before, row.before && row.after ? "→" : "", row.after].filter(Boolean).join(" ") }))));
  }

  relations() {
    const { ticket } = this, tickets = this.store.table("tickets"), rows = [];
    const link = (id) => h("button", { type: "button", class: "ticket-link", on: { click: () => this.open(id) } },
      h("span", { text: tickets.get(id)?.title ?? id }), h("span", { class: "heph-chip", text: words(tickets.get(id)?.status ?? "") }));
    const list = (label, ids) => ids.length && rows.push(h("h4", { text: label }), ...ids.map(link));
    const wanted = ticket.requirement_ids.map((id) => this.store.table("requirements").get(id)).filter(Boolean);
    if (wanted.length) {
      rows.push(h("h4", { text: "Requirements" }), ...wanted.map((r) => h("div", { class: "ticket-requirement" },
        h("span", { class: "heph-chip accent", text: r.id }), h("span", { text: r.text }),
        h("span", { class: "heph-soft", text: `PRD line ${r.line_start}${r.line_end > r.line_start ? `–${r.line_end}` : ""} · ${r.status}` }))));
    }
    this.blockers(rows, ticket, link);
    list("Blocks", [...tickets.values()].filter((t) => t.blocked_by.includes(ticket.id)).map((t) => t.id));
    const tasks = [...this.store.table("tasks").values()].filter((t) => t.ticket_id === ticket.id);
    if (tasks.length) {
      rows.push(h("h4", { text: "Tasks" }), ...tasks.map((t) => h("div", { class: "ticket-task" },
        h("span", { text: t.title }), stateChip(t.status),
        ["failed", "cancelled"].includes(t.status) ? button("Retry", { name: "retry", press: () => this.board.frame.act("retry", { task: t.id }) }) : null,
        t.reason ? h("div", { class: "heph-soft", text: t.reason }) : null)));
    }
    this.keep(this.parts.relations, ...rows);
  }

  /** What a ticket waits for, each to be taken away, and a field for one more. */
  blockers(rows, ticket, link) {
    const tickets = this.store.table("tickets");
    const set = (ids) => this.board.frame.act("update_ticket", { ticket: ticket.id, blocked_by: ids });
    this.adder ??= this.makeAdder();
    rows.push(h("h4", { text: "Blocked by" }), ...ticket.blocked_by.map((id) => h("div", { class: "ticket-blocked" }, link(id),
      button(`${tickets.get(id)?.title ?? id} need not come first`, { name: "close", only: true, kind: "quiet", press: () => set(ticket.blocked_by.filter((other) => other !== id)) }))), ...this.adder);
  }

  /** Return the field that takes one more; it stays the same while what is around it changes. */
  makeAdder() {
    const titles = h("datalist", { id: `ticket-titles-${this.id}` });
    const added = h("input", { placeholder: "Add a ticket that must come first", "aria-label": "Add a ticket that must come first", list: titles.id, class: "ticket-blocker" });
    added.addEventListener("input", () => {
      const { ticket } = this, typed = added.value.toLowerCase();
      const others = [...this.store.table("tickets").values()].filter((t) => t.id !== ticket.id && !ticket.blocked_by.includes(t.id));
      const chosen = others.find((t) => t.title.toLowerCase() === typed);
      if (chosen) {
        added.value = "";
        this.board.frame.act("update_ticket", { ticket: ticket.id, blocked_by: [...ticket.blocked_by, chosen.id] });
      } else {
        titles.replaceChildren(...others.filter((t) => t.title.toLowerCase().includes(typed)).slice(0, 20).map((t) => h("option", { value: t.title })));
      }
    });
    return [added, titles];
  }

  /** Edit what a ticket says; `create` is the same form for a new one. */
  edit(ticket) {
    const title = h("input", { value: ticket.title, required: true, maxlength: "500", "aria-label": "Title" });
    const text = h("textarea", { rows: "7", value: ticket.description, "aria-label": "Description" });
    const requirements = h("input", { value: ticket.requirement_ids.join(", "), placeholder: "Requirements: R-001, R-002", "aria-label": "Requirements" });
    const save = async () => {
      const said = { title: title.value, description: text.value, requirement_ids: requirements.value.split(/[\s,]+/).filter(Boolean) };
      const changed = Object.fromEntries(Object.entries(said).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(ticket[name])));
      if (!Object.keys(changed).length || (await this.board.frame.act("update_ticket", { ticket: ticket.id, ...changed }))) this.read();
    };
    this.parts.text.replaceChildren(h("form", { class: "ticket-form", on: { submit: (event) => { event.preventDefault(); save(); } } },
      title, text, requirements, h("div", { class: "heph-bar" }, h("button", { type: "submit", class: "heph-button main", text: "Save" }), button("Cancel", { press: () => this.texts() }))));
    title.focus();
  }

  create() {
    this.id = null;
    const { types, priorities } = this.store.facts;
    const select = (label, options, value) => {
      const el = h("select", { "aria-label": label }, options.map((o) => h("option", { value: o, text: words(o) })));
      el.value = value;
      return el;
    };
    const title = h("input", { required: true, maxlength: "500", placeholder: "Title", "aria-label": "Title" });
    const text = h("textarea", { rows: "6", placeholder: "Description", "aria-label": "Description" });
    const type = select("Type", types, "component"), priority = select("Priority", priorities, "medium");
    const requirements = h("input", { placeholder: "Requirements: R-001, R-002", "aria-label": "Requirements" });
    const make = async () => {
      const ids = requirements.value.split(/[\s,]+/).filter(Boolean);
      const made = await this.board.frame.act("create_ticket", {
        title: title.value, description: text.value, ticket_type: type.value, priority: priority.value, requirement_ids: ids.length ? ids : null,
      });
      if (made) this.close();
    };
    this.el.hidden = false;
    this.el.replaceChildren(h("div", { class: "ticket-head" }, h("h3", { text: "New ticket" }), button("Close", { name: "close", only: true, kind: "quiet", press: () => this.close() })),
      h("form", { class: "ticket-form", on: { submit: (event) => { event.preventDefault(); make(); } } }, title, text,
        h("div", { class: "heph-bar" }, type, priority), requirements,
        h("div", { class: "heph-bar" }, h("button", { type: "submit", class: "heph-button main", text: "Create" }), button("Cancel", { press: () => this.close() }))));
    title.focus();
  }
}
