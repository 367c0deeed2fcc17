// The board: filters, columns, and tickets that are moved by mouse or by keyboard.

const RANK = { critical: 0, high: 1, medium: 2, low: 3 };

class Board {
  constructor(frame) {
    this.frame = frame;
    this.store = frame.store;
    this.filters = { text: "", type: "", priority: "", agent: "", phase: "" };
    this.moving = new Map(); // where tickets are shown until the kernel has answered
    this.turns = new Map(); // moves that are under way
    this.picked = null; // {id, from}: a ticket that the keyboard carries
    this.dragged = null;
    this.current = null;
    this.columns = this.store.facts.columns.map((name) => new Column(this, name));
    this.help = h("p", { class: "heph-hidden", id: `board-help-${Math.random().toString(36).slice(2)}`,
      text: "Arrow keys go from ticket to ticket, Enter opens one. Space picks a ticket up: the arrow keys then carry it to another column, Enter puts it down, Escape leaves it where it was. Alt and an arrow key move it at once." });
    this.lanes = h("div", { class: "board-lanes", on: { keydown: (event) => this.key(event) } }, this.columns.map((c) => c.el));
    this.side = h("aside", { class: "board-side", hidden: true, "aria-label": "Ticket" });
    this.detail = new Detail(this);
    this.tools();
    frame.body.append(this.help, h("div", { class: "board-main" }, this.lanes, this.side));
    this.update({ whole: new Set() });
    this.resized = new ResizeObserver(() => this.columns.forEach((column) => column.later()));
    this.resized.observe(this.lanes);
  }

  tools() {
    const choose = (name, label, options) => {
      const select = h("select", { "aria-label": label, on: { change: () => { this.filters[name] = select.value; this.sort(); } } },
        h("option", { value: "", text: label }), options.map(([value, text]) => h("option", { value, text })));
      return select;
    };
    const { types, priorities } = this.store.facts;
    this.text = h("input", { type: "search", placeholder: "Filter tickets", "aria-label": "Filter tickets by text",
      on: { input: () => { this.filters.text = this.text.value.toLowerCase().trim(); this.sort(); } } });
    this.agents = choose("agent", "Any agent", []);
    this.phases = choose("phase", "Any phase", []);
    this.shown = h("span", { class: "heph-soft board-shown", role: "status" });
    this.frame.bar.append(this.text, choose("type", "Any type", types.map((t) => [t, words(t)])),
      choose("priority", "Any priority", priorities.map((p) => [p, p])), this.agents, this.phases, this.shown,
      this.fresh = button("New ticket", { name: "plus", kind: "main", press: () => this.detail.create() }));
  }

  update(changed) {
    const whole = changed.whole;
    if (whole || changed.tasks || changed.agents || changed.questions) this.relate();
    if (whole || changed.phases || changed.agents) this.choices();
    if (whole || changed.tickets || changed.tasks || changed.agents) this.sort();
    this.detail.update(changed);
  }

  /** Note who works on which ticket, and in which phases. */
  relate() {
    this.work = new Map();
    for (const task of this.store.table("tasks").values()) {
      if (!task.ticket_id) continue;
      const work = this.work.get(task.ticket_id) ?? { phases: new Set(), busy: [], failed: false, agents: new Set() };
      work.phases.add(String(task.phase));
      if (AT_WORK.has(task.status)) work.busy.push(task.id);
      if (task.status === "failed") work.failed = true;
      this.work.set(task.ticket_id, work);
    }
    const taskTicket = this.store.table("tasks");
    for (const agent of this.store.table("agents").values()) {
      const work = this.work.get(taskTicket.get(agent.task_id)?.ticket_id);
      work?.agents.add(agent.preset);
      if (work && agent.status !== "terminated") work.now = agent;
    }
  }

  choices() {
    const fill = (select, first, options) => {
      const kept = select.value;
      select.replaceChildren(h("option", { value: "", text: first }), ...options.map(([value, text]) => h("option", { value, text })));
      select.value = kept;
    };
    const presets = [...new Set([...this.store.table("agents").values()].map((a) => a.preset))].filter((p) => p !== "person").sort();
    fill(this.agents, "Any agent", presets.map((p) => [p, p]));
    fill(this.phases, "Any phase", [...this.store.table("phases").values()].map((p) => [String(p.number), `${p.number} ${p.name}`]));
  }

  fits(ticket) {
    const { text, type, priority, agent, phase } = this.filters;
    const work = this.work.get(ticket.id);
    return (!type || ticket.ticket_type === type) && (!priority || ticket.priority === priority)
      && (!agent || work?.agents.has(agent)) && (!phase || work?.phases.has(phase))
      && (!text || ticket.title.toLowerCase().includes(text) || ticket.id.includes(text)
        || ticket.requirement_ids.some((id) => id.toLowerCase().includes(text)));
  }

  sort() {
    const lists = new Map(this.columns.map((column) => [column.name, []]));
    let shown = 0;
    for (const ticket of this.store.table("tickets").values()) {
      if (!this.fits(ticket)) continue;
      shown++;
      lists.get(this.columnOf(ticket))?.push(ticket);
    }
    for (const column of this.columns) {
      column.set(lists.get(column.name).sort((a, b) => (RANK[a.priority] ?? 9) - (RANK[b.priority] ?? 9)));
    }
    const all = this.store.table("tickets").size;
    this.shown.textContent = shown === all ? plural(all, "ticket") : `${shown.toLocaleString("en")} of ${plural(all, "ticket")}`;
    if (!this.ticket(this.current)) this.current = this.columns.find((c) => c.tickets.length)?.tickets[0].id ?? null;
    this.roving();
  }

  ticket(id) {
    return this.store.table("tickets").get(id);
  }

  columnOf(ticket) {
    return this.moving.get(ticket.id) ?? ticket.status;
  }

  column(id) {
    return this.columns.find((c) => c.name === this.columnOf(this.ticket(id)));
  }

  card(id) {
    const card = h("div", { class: "board-card-place", role: "listitem" });
    const face = h("div", { class: "board-card", role: "button", tabindex: "-1", draggable: "true", "aria-describedby": this.help.id });
    face.addEventListener("click", () => { this.current = id; this.detail.open(id); });
    face.addEventListener("focus", () => { this.current = id; this.roving(); });
    face.addEventListener("dragstart", (event) => {
      this.dragged = id;
      event.dataTransfer.setData("text/plain", id);
      event.dataTransfer.effectAllowed = "move";
      face.classList.add("dragged");
    });
    face.addEventListener("dragend", () => {
      this.dragged = null;
      face.classList.remove("dragged");
      this.columns.forEach((column) => column.draw());
    });
    card.append(face);
    card.face = face;
    this.fill(card, id);
    return card;
  }

  fill(card, id) {
    const ticket = this.ticket(id), work = this.work.get(id), face = card.face;
    const blocked = ticket.blocked_by.filter((other) => this.ticket(other) && !this.ticket(other).resolved);
    const state = [ticket, this.columnOf(ticket), work?.now?.id, work?.busy.length, work?.failed, blocked.length, this.picked?.id === id];
    const known = JSON.stringify(state);
    if (card.known === known) return;
    card.known = known;
    card.dataset.ticket = id;
    face.dataset.type = ticket.ticket_type;
    face.classList.toggle("picked", this.picked?.id === id);
    face.tabIndex = this.current === id ? 0 : -1;
    face.setAttribute("aria-label", [ticket.title, words(ticket.ticket_type), `priority ${ticket.priority}`, words(this.columnOf(ticket)),
      blocked.length ? `blocked by ${plural(blocked.length, "ticket")}` : "", work?.now ? `${work.now.preset} is at work` : ""].filter(Boolean).join(", "));
    const wanted = ticket.requirement_ids, room = work?.now || work?.failed || blocked.length ? 1 : 2;
    const more = wanted.length > room ? h("span", { class: "heph-chip", text: `+${wanted.length - room}` }) : null;
    const chips = [
      work?.now && h("span", { class: "heph-chip accent board-busy", text: work.now.preset }),
      work?.failed && h("span", { class: "heph-chip bad" }, icon("warning"), h("span", { text: "failed" })),
      blocked.length > 0 && h("span", { class: "heph-chip warn" }, icon("lock"), h("span", { text: String(blocked.length) })),
      wanted.slice(0, room).map((r) => h("span", { class: "heph-chip", text: r })), more,
    ];
    face.replaceChildren(
      h("div", { class: "board-card-top" }, h("span", { class: "board-type", text: words(ticket.ticket_type) }),
        h("span", { class: `board-priority ${ticket.priority}`, text: ticket.priority })),
      h("div", { class: "board-title", text: ticket.title, title: ticket.title }), h("div", { class: "board-chips" }, chips));
  }

  /** Let Tab reach one card alone, the current one. */
  roving() {
    for (const column of this.columns) for (const [id, card] of column.cards) card.face.tabIndex = this.current === id ? 0 : -1;
  }

  focus(id) {
    this.current = id;
    const card = this.column(id)?.reveal(id);
    this.roving();
    card?.face.focus();
  }

  key(event) {
    const face = event.target.closest?.(".board-card");
    if (!face) return;
    const id = face.parentElement.dataset.ticket, step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Enter" && !this.picked) this.detail.open(id, true);
    else if ((event.key === " " || event.key === "Enter") && this.picked) this.drop();
    else if (event.key === " ") this.pick(id);
    else if (event.key === "Escape" && this.picked) this.putBack();
    else if (step && this.picked) this.carry(step);
    else if (step && event.altKey) this.move(id, this.beside(id, step), true);
    else if (step || ["ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) this.go(id, event.key, step);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  beside(id, step) {
    const i = this.columns.indexOf(this.column(id)) + step;
    return this.columns[Math.max(0, Math.min(this.columns.length - 1, i))].name;
  }

  go(id, key, step) {
    let column = this.column(id), i = column.tickets.findIndex((t) => t.id === id);
    if (step) {
      let at = this.columns.indexOf(column) + step;
      while (this.columns[at] && !this.columns[at].tickets.length) at += step;
      if (!this.columns[at]) return;
      column = this.columns[at];
    } else {
      i = { ArrowUp: i - 1, ArrowDown: i + 1, Home: 0, End: column.tickets.length - 1 }[key];
    }
    const next = column.tickets[Math.max(0, Math.min(column.tickets.length - 1, i))];
    if (next) this.focus(next.id);
  }

  pick(id) {
    this.picked = { id, from: this.ticket(id).status };
    this.sort();
    this.frame.say(`${this.ticket(id).title} picked up, in ${words(this.picked.from)}`);
  }

  carry(step) {
    const { id } = this.picked, to = this.beside(id, step);
    this.moving.set(id, to);
    this.sort();
    this.focus(id);
    this.frame.say(`over ${words(to)}`);
  }

  drop() {
    const { id } = this.picked, to = this.columnOf(this.ticket(id));
    this.picked = null;
    this.move(id, to, true);
  }

  putBack() {
    const { id } = this.picked;
    this.picked = null;
    this.moving.delete(id);
    this.sort();
    this.focus(id);
    this.frame.say("left where it was");
  }

  async move(id, to, focus = false) {
    const ticket = this.ticket(id);
    if (!ticket) return;
    const under = this.turns.get(id); // the moves of one ticket follow each other, and the last one counts
    if ((under?.to ?? ticket.status) === to) {
      if (!under) this.moving.delete(id);
      this.sort();
      return;
    }
    this.moving.set(id, to);
    this.sort();
    if (focus) this.focus(id);
    const turn = { to, done: (under?.done ?? Promise.resolve()).then(() => this.frame.act("move_ticket", { ticket: id, status: to })) };
    this.turns.set(id, turn);
    const done = await turn.done;
    if (done) this.ticket(id).status = to; // the change itself may come a moment later
    if (this.turns.get(id) !== turn) return;
    this.turns.delete(id);
    this.moving.delete(id);
    this.sort();
    if (focus) this.focus(id);
    if (done) this.frame.say(`${ticket.title} moved to ${words(to)}`);
  }
}

export default {
  render({ model, el, signal }) {
    const frame = new Frame(model, el, "board", "Board", signal);
    const board = new Board(frame);
    frame.store.watch(board, signal);
    return () => board.resized.disconnect();
  },
};
