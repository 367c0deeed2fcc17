// The graph of tasks: lanes of which only the rows one sees are drawn, and one line for all edges between them.

const PITCH = { roomy: 58, compact: 32 }; // pixels from one row to the next
const GUTTER = 44; // between two lanes, for the edges
const EDGE = 26; // left of the first lane
const SPARE = 3;
const TURN = 6; // radius of an edge's corners

class Graph {
  constructor(frame, signal) {
    this.frame = frame;
    this.store = frame.store;
    this.layout = new Layout();
    this.nodes = new Map();
    this.filter = { text: "", groups: new Set() };
    this.current = this.hovered = this.selected = null;
    this.density = "roomy";
    this.help = h("p", { class: "heph-hidden", id: `graph-help-${Math.random().toString(36).slice(2)}`,
      text: "Up and down go along a phase, left to the task that created this one, right to the first that it created. Enter opens a task, the space bar puts away what it created." });
    const paths = ["graph-edges", "graph-edges back", "graph-edges related"].map((name) => {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("class", name);
      return path;
    });
    [this.edges, this.back, this.related] = paths;
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "graph-lines");
    svg.setAttribute("aria-hidden", "true");
    svg.append(...paths);
    this.heads = h("div", { class: "graph-heads" });
    this.canvas = h("div", { class: "graph-canvas" }, svg);
    this.scroll = h("div", { class: "graph-scroll", role: "group", "aria-label": "Tasks by phase", tabindex: "-1",
      on: { scroll: () => this.later(), keydown: (event) => this.key(event) } }, this.heads, this.canvas);
    this.empty = h("div", { class: "heph-empty", hidden: true });
    this.side = h("aside", { class: "graph-side", hidden: true, "aria-label": "Task" });
    this.detail = new TaskDetail(this);
    this.lanes = new Map();
    this.tools();
    frame.body.append(this.help, h("div", { class: "graph-main" }, h("div", { class: "graph-left" }, this.scroll, this.empty), this.side));
    this.update({ whole: new Set() });
    this.resized = new ResizeObserver(() => this.later());
    this.resized.observe(this.scroll);
    const ticking = setInterval(() => this.tick(), 1000);
    signal?.addEventListener("abort", () => { clearInterval(ticking); this.resized.disconnect(); });
  }

  get tasks() {
    return this.store.table("tasks");
  }

  tools() {
    this.text = h("input", { type: "search", placeholder: "Filter tasks", "aria-label": "Filter tasks by text",
      on: { input: () => { this.filter.text = this.text.value.toLowerCase().trim(); this.again(); } } });
    this.groups = GROUPS.map(([name, , symbol, kind]) => {
      const count = h("b");
      const el = h("button", { type: "button", class: `heph-button graph-group ${kind}`, "aria-pressed": "false", on: { click: () => {
        const on = !this.filter.groups.delete(name);
        if (on) this.filter.groups.add(name);
        el.setAttribute("aria-pressed", String(on));
        this.again();
      } } }, icon(symbol), h("span", { text: name }), count);
      return { name, el, count };
    });
    this.dense = button("Compact", { name: "rows", "aria-pressed": "false", press: () => {
      const at = this.scroll.scrollTop / this.pitch;
      this.density = this.density === "roomy" ? "compact" : "roomy";
      this.dense.setAttribute("aria-pressed", String(this.density === "compact"));
      this.scroll.classList.toggle("compact", this.density === "compact");
      this.draw();
      this.scroll.scrollTop = at * this.pitch;
    } });
    this.all = button("Unfold all", { press: () => {
      for (const key of this.layout.folds.keys()) this.layout.open.add(key);
      this.layout.shut.clear();
      this.again();
    } });
    this.shown = h("span", { class: "heph-soft graph-shown", role: "status" });
    this.frame.bar.append(this.text, h("div", { class: "graph-groups", role: "group", "aria-label": "Filter by state" }, this.groups.map((g) => g.el)),
      this.shown, this.all, this.dense);
  }

  get pitch() {
    return PITCH[this.density];
  }

  update(changed) {
    const whole = changed.whole;
    if (whole || changed.tasks || changed.phases || changed.agents || changed.attempts) {
      if (whole) this.layout.clear();
      this.relate();
      this.settle();
      this.draw(true);
    }
    this.detail.update(changed);
  }

  /** Note who works on what since when, and who created what. */
  relate() {
    this.agents = new Map();
    for (const agent of this.store.table("agents").values()) if (agent.task_id && agent.status !== "terminated") this.agents.set(agent.task_id, agent);
    this.times = new Map();
    for (const { task_id: id, started_at, ended_at } of this.store.table("attempts").values()) {
      this.times.set(id, { from: this.times.get(id)?.from ?? Date.parse(started_at), to: ended_at && Date.parse(ended_at) });
    }
    this.children = new Map();
    for (const task of this.tasks.values()) {
      if (!this.tasks.has(task.parent_task_id)) continue;
      if (!this.children.has(task.parent_task_id)) this.children.set(task.parent_task_id, []);
      this.children.get(task.parent_task_id).push(task.id);
    }
  }

  /** Arrange everything anew: the filter or a fold was changed by the person. */
  again(anchor = null) {
    const before = anchor && this.layout.places.get(anchor);
    const offset = before && before.row * this.pitch - this.scroll.scrollTop;
    this.layout.clear();
    this.settle();
    const after = anchor && this.layout.places.get(anchor);
    this.draw(true);
    if (before && after) this.scroll.scrollTop = after.row * this.pitch - offset;
    else if (!anchor) this.scroll.scrollTop = 0;
    this.draw();
  }

  settle() {
    const counts = new Map();
    this.matches = this.filter.text || this.filter.groups.size ? new Set() : null;
    let wanted = null;
    for (const task of this.tasks.values()) {
      const group = GROUPS.find(([, states]) => states.includes(task.status))?.[0];
      counts.set(group, (counts.get(group) ?? 0) + 1);
      if (this.matches && this.fits(task, group)) this.matches.add(task.id);
    }
    if (this.matches) {
      wanted = new Set(this.matches);
      for (const id of this.matches) for (const up of this.ancestors(id)) wanted.add(up);
    }
    this.layout.place([...this.tasks.values()], [...this.store.table("phases").values()], wanted);
    for (const { name, el, count } of this.groups) {
      count.textContent = (counts.get(name) ?? 0).toLocaleString("en");
      el.hidden = !counts.get(name) && !this.filter.groups.has(name);
    }
    const total = plural(this.tasks.size, "task");
    this.shown.textContent = this.matches ? `${this.matches.size.toLocaleString("en")} of ${total}` : total;
    this.all.hidden = !this.layout.folds.size && !this.layout.shut.size;
    this.empty.hidden = this.tasks.size > 0 && (!this.matches || this.matches.size > 0);
    this.empty.textContent = this.tasks.size ? "No task fits the filter." : "No tasks yet: they appear here as they are created.";
    if (!this.layout.places.has(this.current)) this.current = this.layout.places.keys().next().value ?? null;
  }

  fits(task, group) {
    const { text, groups } = this.filter;
    if (groups.size && !groups.has(group)) return false;
    if (!text) return true;
    const ticket = this.store.table("tickets").get(task.ticket_id), agent = this.agents.get(task.id);
    return [task.title, task.id, task.status, ticket?.title, agent?.preset, ...(ticket?.requirement_ids ?? [])].some((one) => one?.toLowerCase().includes(text));
  }

  ancestors(id) {
    const found = [];
    for (let up = this.tasks.get(id)?.parent_task_id; up && this.tasks.has(up) && !found.includes(up); up = this.tasks.get(up).parent_task_id) found.push(up);
    return found;
  }

  descendants(id) {
    const found = [], waiting = [id];
    while (waiting.length) for (const child of this.children.get(waiting.pop()) ?? []) {
      found.push(child);
      waiting.push(child);
    }
    return found;
  }

  later() {
    this.drawing ??= requestAnimationFrame(() => {
      this.drawing = null;
      this.draw();
    });
  }

  left(lane) {
    return EDGE + this.layout.lanes.indexOf(lane) * (this.width + GUTTER);
  }

  /** Draw the nodes that can be seen, and the edges between and past them. */
  draw(fill = false) {
    const { lanes } = this.layout;
    this.width = Math.max(190, Math.floor((this.scroll.clientWidth - EDGE - 14 - GUTTER * (lanes.length - 1)) / Math.max(1, lanes.length)));
    this.canvas.style.width = `${EDGE + lanes.length * (this.width + GUTTER) - GUTTER + 14}px`;
    this.canvas.style.height = `${this.layout.height * this.pitch + 20}px`;
    this.drawLanes();
    const height = this.scroll.clientHeight || 520;
    const first = Math.max(0, Math.floor(this.scroll.scrollTop / this.pitch) - SPARE);
    const last = Math.ceil((this.scroll.scrollTop + height) / this.pitch) + SPARE;
    const seen = new Set();
    for (const lane of lanes) for (let row = first; row < Math.min(last, lane.rows.length); row++) if (lane.rows[row] !== undefined) seen.add(lane.rows[row]);
    for (const [id, node] of this.nodes) if (!seen.has(id)) {
      const held = node.contains(document.activeElement);
      if (held && this.layout.places.has(id)) continue; // what has the focus is not taken away
      node.remove();
      this.nodes.delete(id);
      if (held) this.scroll.focus();
    }
    for (const id of seen) {
      let node = this.nodes.get(id);
      if (!node) {
        node = this.layout.folds.has(id) ? foldNode(this, id) : taskNode(this, id);
        this.nodes.set(id, node);
        this.lanes.get(this.layout.places.get(id).lane.number).list.append(node);
        fillNode(this, node, id);
      } else if (fill) fillNode(this, node, id);
      const place = this.layout.places.get(id);
      node.style.transform = `translate(${this.left(place.lane)}px, ${place.row * this.pitch}px)`;
      node.style.width = `${this.width}px`;
    }
    this.range = [first, last];
    this.light();
  }

  drawLanes() {
    const phases = new Map([...this.store.table("phases").values()].map((phase) => [phase.number, phase]));
    for (const lane of this.layout.lanes) {
      if (!this.lanes.has(lane.number)) {
        const list = h("div", { class: "graph-lane", role: "list" }), head = h("div", { class: "graph-head" });
        this.lanes.set(lane.number, { list, head });
        this.heads.append(head);
        this.canvas.append(list);
      }
      const { list, head } = this.lanes.get(lane.number), phase = phases.get(lane.number);
      const tasks = [...this.tasks.values()].filter((task) => task.phase === lane.number);
      const done = tasks.filter((task) => task.status === "done").length, name = phase ? `${phase.number} ${words(phase.name)}` : `${lane.number}`;
      head.style.cssText = `left:${this.left(lane)}px;width:${this.width}px`;
      const told = `${name} ${phase?.status} ${done} ${tasks.length}`;
      if (head.dataset.told !== told) {
        head.dataset.told = told;
        list.setAttribute("aria-label", `Phase ${name}, ${phase?.status ?? ""}, ${done} of ${plural(tasks.length, "task")} done`);
        head.replaceChildren(h("div", { class: "graph-head-line" }, h("b", { text: name }), h("span", { class: "heph-soft", text: phase?.status === "pending" ? "not opened" : phase?.status ?? "" }),
          h("span", { class: "graph-tally", text: `${done}/${tasks.length}` })), h("div", { class: "graph-bar" }, h("i", { style: `width:${tasks.length ? 100 * done / tasks.length : 0}%` })));
      }
    }
  }

  tick() {
    for (const [id, node] of this.nodes) if (this.tasks.has(id) && AT_WORK.has(this.tasks.get(id).status)) clock(this, node, id);
  }

  /** Show what belongs to the task that is pointed at, or else the one with the focus, or the open one. */
  light() {
    const focused = this.scroll.contains(document.activeElement) && document.activeElement.matches(":focus-visible") ? this.current : null;
    const id = this.hovered ?? focused ?? this.selected;
    const up = id ? this.ancestors(id) : [], down = id ? this.descendants(id) : [];
    const lit = new Set(id ? [id, ...up, ...down] : []);
    for (const [other, node] of this.nodes) {
      node.face.tabIndex = this.current === other ? 0 : -1;
      node.face.classList.toggle("related", other !== id && lit.has(other));
      node.face.classList.toggle("selected", this.selected === other);
      node.face.toggleAttribute("aria-current", this.selected === other);
    }
    if (!this.nodes.has(this.current)) { // Tab still reaches the graph when its current task is out of sight
      const [first] = this.nodes.values();
      if (first) first.face.tabIndex = 0;
    }
    this.edges.setAttribute("d", lines(this, (place) => !leadsBack(this, place)));
    this.back.setAttribute("d", lines(this, (place) => leadsBack(this, place)));
    this.related.setAttribute("d", lit.size > 1 ? lines(this, (place) => lit.has(place.id) && lit.has(place.parent)) : "");
  }

  focus(id) {
    const place = this.layout.places.get(id);
    if (!place) return;
    this.current = id;
    const top = place.row * this.pitch, height = this.scroll.clientHeight - this.heads.offsetHeight;
    if (top < this.scroll.scrollTop) this.scroll.scrollTop = top;
    else if (top + this.pitch > this.scroll.scrollTop + height) this.scroll.scrollTop = top + this.pitch - height;
    this.draw();
    this.nodes.get(id)?.face.focus({ preventScroll: true });
  }

  key(event) {
    const id = event.target.closest?.(".graph-place") && this.current, place = this.layout.places.get(id);
    if (!place) return;
    const { rows } = place.lane, ids = rows.filter((one) => one !== undefined), at = ids.indexOf(id);
    let to;
    if (event.key === "ArrowDown") to = ids[at + 1];
    else if (event.key === "ArrowUp") to = ids[at - 1];
    else if (event.key === "Home") to = ids[0];
    else if (event.key === "End") to = ids.at(-1);
    else if (event.key === "ArrowLeft") to = place.parent;
    else if (event.key === "ArrowRight") to = [...this.layout.places.values()].find((one) => one.parent === id)?.id;
    else if (event.key === " " && this.children.has(id)) {
      if (!this.layout.shut.delete(id)) this.layout.shut.add(id);
      this.again(id);
      to = id;
    } else return;
    event.preventDefault();
    if (to) this.focus(to);
  }
}

export default {
  render({ model, el, signal }) {
    const frame = new Frame(model, el, "graph", "Graph of tasks", signal);
    const graph = new Graph(frame, signal);
    frame.store.watch(graph, signal);
  },
};
