// The selected agent: who it is, what it asks, its plan, what it says and does, and what can be done with it.

const MARKS = { completed: ["done", "good", "done"], in_progress: ["work", "accent", "at work"], pending: ["circle", "", "to do"] };
const ENDINGS = {
  terminate: { question: "End this agent? Its task is queued again.", hint: "Reason (may be empty)", word: "Terminate", done: "The agent was ended" },
  restart: { question: "End this agent and put another on the task?", hint: "What the next one should know (may be empty)", word: "Restart", done: "Another agent takes the task" },
};

class AgentPane {
  constructor(view) {
    this.view = view;
    this.store = view.store;
    this.frame = view.frame;
    this.transcript = view.transcript;
    this.log = new Log(this.transcript, this.frame, () => this.count());
    this.head = h("div", { class: "agent-head" });
    this.asks = h("div", { class: "agent-asks", role: "group", "aria-label": "What it asks", hidden: true });
    this.ending = h("form", { class: "agent-ending", hidden: true, on: { submit: (event) => { event.preventDefault(); this.end(); } } });
    this.planned = h("ol", { class: "agent-plan-list" });
    this.progress = h("span", { class: "heph-soft" });
    this.plan = h("details", { class: "agent-plan", open: true, hidden: true }, h("summary", { class: "output-summary" }, icon("chevron"), h("b", { text: "Plan" }), this.progress), this.planned);
    this.search = h("input", { type: "search", placeholder: "Search the output", "aria-label": "Search the output", on: { input: () => {
      this.log.query = this.search.value.toLowerCase().trim();
      this.log.draw();
      this.count();
    } } });
    this.found = h("span", { class: "heph-soft agent-found", role: "status" });
    const toggle = (label, name, change) => {
      const made = button(label, { name, only: true, kind: "quiet", "aria-pressed": "false", press: () => {
        const on = made.getAttribute("aria-pressed") !== "true";
        made.setAttribute("aria-pressed", String(on));
        change(on);
      } });
      return made;
    };
    this.tools = h("div", { class: "agent-tools" }, this.search, this.found,
      toggle("Unfold thoughts", "thought", (on) => this.log.unfold(on)),
      this.pause = toggle("Pause", "pause", (on) => { this.log.paused = on; this.log.later(); }),
      button("Copy the output", { name: "copy", only: true, kind: "quiet", press: () => this.copy() }));
    this.trouble = h("div", { class: "agent-trouble", role: "status", hidden: true });
    this.text = h("textarea", { rows: "1", "aria-label": "Message to the agent", placeholder: "Message to the agent", maxlength: "10000", on: { keydown: (event) => {
      if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); this.say(); }
    } } });
    this.composer = h("form", { class: "agent-composer", on: { submit: (event) => { event.preventDefault(); this.say(); } } }, this.text,
      h("button", { type: "submit", class: "heph-button main" }, icon("message"), h("span", { text: "Send" })));
    this.empty = h("p", { class: "heph-empty" });
    this.inside = h("div", { class: "agent-inside" }, this.head, this.ending, this.asks, this.plan, this.tools, this.trouble, this.log.el, this.composer);
    this.el = h("section", { class: "agent", "aria-label": "The selected agent" }, this.empty, this.inside);
    this.el.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      if (this.ending.hidden) this.view.list.focus();
      else this.keep();
    });
  }

  get agent() {
    return this.store.table("agents").get(this.transcript.agent);
  }

  /** Show another agent. */
  open() {
    this.log.reset();
    this.text.value = "";
    this.ending.hidden = true;
    this.search.value = this.log.query = "";
    this.log.paused = false;
    this.pause.setAttribute("aria-pressed", "false");
    this.known = null;
    this.fill();
    this.log.later();
  }

  /** Show the agent as it is now; what is being typed, and who has the focus, stays. */
  fill() {
    const { agent } = this;
    this.inside.hidden = !agent;
    this.empty.hidden = Boolean(agent);
    if (!agent) {
      this.empty.textContent = this.store.table("agents").size ? "Select an agent to see what it says and does." : "No agent has begun yet: they come with the first task that is ready.";
      return;
    }
    const task = this.store.table("tasks").get(agent.task_id), over = agent.status === "terminated";
    const known = JSON.stringify([agent, task, this.view.figure(agent.id), over && this.store.table("agents").size]);
    if (known !== this.known) {
      this.known = known;
      const held = [...this.head.querySelectorAll("button")].indexOf(document.activeElement);
      this.head.replaceChildren(...this.heading(agent, task, over));
      if (held >= 0) (this.head.querySelectorAll("button")[held] ?? this.log.scroll).focus();
      this.composer.hidden = over;
      if (over && !this.ending.hidden) this.keep();
      if (over !== this.transcript.over) {
        this.transcript.over = over;
        for (const call of this.transcript.calls.values()) call.version += 1;
        this.log.later();
      }
    }
    this.fillAsks(agent);
    this.tick();
  }

  heading(agent, task, over) {
    const offers = [];
    const offer = (text, name, press, kind = "") => offers.push(button(text, { name, kind, press }));
    const heir = over && task ? [...this.store.table("agents").values()].findLast((one) => one.task_id === task.id && one.status !== "terminated") : null;
    if (heir) offer("To the agent that has the task now", "chevron", () => this.view.select(heir.id, true));
    if (task && AT_WORK.has(task.status) && !over) offer("Restart the task …", "retry", () => this.ask("restart"));
    if (task && ["failed", "cancelled"].includes(task.status)) offer("Retry the task", "retry", () => this.retry(task), "main");
    if (!over) offer("Terminate …", "stop", () => this.ask("terminate"), "danger");
    this.time = h("span", {});
    const phase = [...this.store.table("phases").values()].find((one) => one.number === task?.phase);
    return [
      h("div", { class: "agent-title" }, h("h3", { text: task?.title ?? "No task" }), task ? stateChip(task.status) : null, h("span", { class: "agent-grow" }), ...offers),
      h("div", { class: "agent-facts heph-soft" }, stateOf(agent), h("span", { text: agent.preset, title: agent.label }), phase ? h("span", { text: `phase ${phase.number} ${words(phase.name)}` }) : null, this.time, h("span", { text: this.view.tokens(agent.id) })),
      over && agent.reason ? h("p", { class: `agent-reason ${task?.status === "done" ? "well" : ""}`, text: agent.reason }) : null,
      task?.reason && ["failed", "cancelled", "needs_work"].includes(task.status) ? h("p", { class: "agent-reason", text: `The task: ${task.reason}` }) : null,
    ].filter(Boolean);
  }

  tick() {
    if (this.agent && this.time) this.time.textContent = this.view.time(this.agent);
  }

  /** What it asks: to be allowed or denied here. */
  fillAsks(agent) {
    const asked = [...this.store.table("permissions").values()].filter((p) => p.agent_id === agent.id && p.status === "pending");
    const ids = asked.map((p) => p.id).join();
    if (ids === this.asked) return;
    const held = this.asks.contains(document.activeElement);
    this.asked = ids;
    this.asks.hidden = !asked.length;
    this.asks.replaceChildren(...asked.map((permission) => {
      const place = h("div", { class: "agent-detail" });
      const reason = h("input", { placeholder: "Why not? (may be empty)", "aria-label": `Reason to deny: ${permission.title}`, maxlength: "10000" });
      const fold = h("details", { on: { toggle: async () => {
        if (fold.open && !place.hasChildNodes()) place.replaceChildren(showDetail(await this.store.read("detail", { permission: permission.id }).catch((error) => error.message)));
      } } }, h("summary", { class: "output-summary" }, icon("chevron"), h("span", { text: "What exactly" })), place);
      return h("div", { class: "agent-ask" }, h("div", { class: "agent-ask-line" }, icon("question"), h("b", { text: `Asks to ${wants(permission.tool_kind)}:` }), h("span", { class: "agent-grow", text: permission.title })),
        h("div", { class: "agent-ask-line" }, button("Allow once", { name: "check", kind: "main", "aria-label": `Allow once: ${permission.title}`, press: () => this.frame.act("approve", { permission: permission.id }) }),
          reason, button("Deny", { kind: "danger", "aria-label": `Deny: ${permission.title}`, press: () => this.frame.act("deny", { permission: permission.id, reason: reason.value.trim() || null }) }), fold));
    }));
    if (held) (this.asks.querySelector("button") ?? this.log.scroll).focus();
  }

  /** Show what came: the plan, what is the matter, and the output. */
  heard() {
    const { plan, trouble } = this.transcript, known = JSON.stringify(plan);
    if (known !== this.shownPlan) {
      this.shownPlan = known;
      const entries = Array.isArray(plan) ? plan : [], done = entries.filter((one) => one.status === "completed").length;
      this.plan.hidden = !entries.length;
      this.progress.textContent = `${done} of ${entries.length} done`;
      this.planned.classList.toggle("many", entries.length > 5);
      this.planned.replaceChildren(...entries.slice(0, 60).map((one) => {
        const [symbol, kind, word] = MARKS[one.status] ?? MARKS.pending;
        return h("li", { class: `plan-${one.status}` }, h("span", { class: `plan-mark ${kind}` }, icon(symbol)), h("span", { class: "heph-hidden", text: `${word}: ` }), h("span", { text: one.content }));
      }));
    }
    this.trouble.hidden = !trouble;
    this.trouble.textContent = trouble ?? "";
    this.log.later();
  }

  count() {
    const { items, missed, known } = this.transcript;
    const parts = [];
    if (this.log.query) parts.push(`${this.log.shown.length.toLocaleString("en")} of ${items.length.toLocaleString("en")}`);
    if (this.log.paused) parts.push("paused");
    if (this.transcript.detached && missed) parts.push(`${missed.toLocaleString("en")} newer`);
    if (!items.length) parts.push(known ? "nothing was said yet" : "reading …");
    this.found.textContent = parts.join(" · ");
  }

  /** Ask once more before an agent ends: "terminate" or "restart". */
  ask(name) {
    const { question, hint, word } = ENDINGS[name];
    this.reason = h("input", { placeholder: hint, "aria-label": "Reason", maxlength: "10000" });
    this.ending.dataset.action = name;
    this.ending.replaceChildren(h("span", { text: question }), this.reason,
      h("button", { type: "submit", class: "heph-button danger", text: word }), button("Keep it", { press: () => this.keep() }));
    this.ending.hidden = false;
    this.reason.focus();
  }

  keep() {
    const held = this.ending.contains(document.activeElement);
    this.ending.hidden = true;
    if (held) (this.head.querySelector(".danger") ?? this.log.scroll).focus();
  }

  async end() {
    const name = this.ending.dataset.action, { agent } = this, reason = this.reason.value.trim() || null;
    if (await this.frame.act(name, name === "restart" ? { task: agent.task_id, reason } : { agent: agent.id, reason })) {
      this.keep();
      this.frame.say(ENDINGS[name].done);
    }
  }

  async retry(task) {
    if (await this.frame.act("retry", { task: task.id })) this.frame.say("The task is queued again");
  }

  async say() {
    const text = this.text.value.trim();
    if (!text || this.sending) return;
    this.sending = true;
    if (await this.frame.act("message", { agent: this.transcript.agent, text })) {
      this.text.value = "";
      this.frame.say("Sent");
    }
    this.sending = false;
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.transcript.items.map(plainText).filter(Boolean).join("\n"));
      this.frame.say("Copied");
    } catch {
      this.frame.notice("The browser does not let this page write to the clipboard. run.events() has all of it.");
    }
  }
}
