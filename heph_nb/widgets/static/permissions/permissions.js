// What waits for a person's word: requests in a queue, questions, what was allowed for the whole run, what was decided.

const SHOWN = 5; // answers that are shown at first

const said = (rule) => ruled(rule.rule).map((part) => part.textContent ?? part).join("");

class Permissions {
  constructor(frame) {
    this.frame = frame;
    this.store = frame.store;
    this.prefix = `asks-${Math.random().toString(36).slice(2)}`;
    this.current = null;
    this.requests = new Map(); // what waits, by id
    this.questions = new Map();
    this.mine = new Set(); // what was decided in this view
    this.deciding = new Set();
    this.shown = SHOWN;
    const counted = (text) => {
      const count = h("span", { class: "heph-chip" });
      return { count, heading: h("h3", { tabindex: "-1" }, h("span", { text }), count) };
    };
    this.badge = h("span", { class: "heph-chip permissions-badge" });
    frame.bar.append(h("span", { class: "permissions-name", text: "Waiting for you" }), this.badge);
    this.hint = h("p", { class: "permissions-hint heph-soft", id: `${this.prefix}-hint` },
      key("↑"), key("↓"), " choose   ", key("A"), " allow once   ", key("⇧A"), " always   ", key("D"), " deny");
    this.list = h("ol", { class: "permissions-list", role: "list", "aria-label": "Requests that wait", on: { keydown: (event) => this.key(event) } });
    this.empty = h("p", { class: "heph-empty", tabindex: "-1" });
    this.parts = { questions: counted("Questions"), rules: counted("Allowed for the whole run"), answers: counted("Decided") };
    this.told = h("div", { class: "question-told", role: "status", hidden: true });
    this.asked = h("ol", { class: "permissions-list", role: "list" });
    this.settled = h("div", { class: "permissions-settled" });
    this.rules = h("ul", { class: "permissions-rules", role: "list" });
    this.answers = h("ul", { class: "permissions-answers", role: "list" });
    this.more = button("Show more", { kind: "quiet", press: () => { this.shown += 50; this.fillAnswers(); } });
    const section = (part, ...children) => (part.el = h("div", { class: "permissions-part" }, part.heading, ...children));
    frame.body.append(this.empty, this.list, this.hint, section(this.parts.questions, this.told, this.asked, this.settled),
      section(this.parts.rules, this.rules), section(this.parts.answers, this.answers, this.more));
    this.update({ whole: new Set() });
  }

  name(id) {
    return `${this.prefix}-${id}`;
  }

  update(changed) {
    const { whole } = changed;
    if (whole || changed.permissions || changed.runs) this.fillRequests(changed);
    if (whole || changed.questions || changed.requirements) this.fillQuestions();
    if (whole || changed.permissions || changed.rules) this.fillRules();
    if (whole || changed.permissions || changed.rules) this.fillAnswers();
    this.count();
  }

  /** The permissions that wait, oldest first. */
  get waiting() {
    return [...this.store.table("permissions").values()].filter((p) => p.status === "pending" && !this.mine.has(p.id));
  }

  fillRequests() {
    const waiting = this.waiting, ids = waiting.map((p) => p.id), before = [...this.requests.keys()];
    const at = before.indexOf(this.current), held = [this.list, this.empty].some((el) => el.contains(document.activeElement));
    const first = this.known === undefined;
    const fresh = waiting.filter((p) => !this.requests.has(p.id));
    for (const [id, request] of this.requests) {
      if (ids.includes(id)) continue;
      if (request.el.contains(document.activeElement) && !this.mine.has(id)) this.elsewhere(id, request);
      request.el.remove();
      this.requests.delete(id);
    }
    for (const permission of fresh) {
      const request = new Request(this, permission);
      this.requests.set(permission.id, request);
      this.list.append(request.el);
    }
    if (!this.requests.has(this.current)) this.current = ids[Math.max(0, Math.min(at, ids.length - 1))] ?? null;
    for (const [id, request] of this.requests) request.open(id === this.current);
    this.list.hidden = this.hint.hidden = !ids.length;
    this.empty.hidden = ids.length > 0;
    this.explain();
    if (held && (!this.list.contains(document.activeElement) || this.list.hidden)) this.focus();
    if (!first && fresh.length) this.announce(fresh.at(-1));
    this.known = true;
  }

  /** Say that what a person was looking at was decided somewhere else. */
  elsewhere(id, request) {
    const text = `${request.permission.title}: ${this.outcome(this.store.table("permissions").get(id))}`;
    this.frame.notice(text, "answer");
    this.frame.say(text);
  }

  announce(permission) {
    const { who } = this.requests.get(permission.id);
    this.frame.say(`${who} asks: ${permission.title}. ${plural(this.requests.size, "request")} ${this.requests.size === 1 ? "waits" : "wait"}.`);
  }

  /** Say why nothing waits, and when something would. */
  explain() {
    const { status, policy } = this.store.run;
    if (["completed", "failed", "stopped"].includes(status)) this.empty.textContent = `No request waits. The run is ${status}: its agents have ended and ask for nothing more.`;
    else if (policy === "allow") this.empty.replaceChildren("No request waits, and none will: this run allows whatever its agents ask for. A run that is started with ", h("code", { text: 'policy="ask"' }), " asks you here first.");
    else this.empty.textContent = "No request waits. Before an agent changes files or runs a command, it asks for it here.";
  }

  count() {
    const requests = this.requests.size, questions = this.questions.size;
    this.badge.textContent = [requests ? plural(requests, "request") : "", questions ? plural(questions, "question") : ""].filter(Boolean).join(", ") || "nothing";
    this.badge.classList.toggle("accent", requests + questions > 0);
  }

  tick() {
    for (const request of this.requests.values()) request.tick();
  }

  choose(id) {
    this.current = id;
    for (const [other, request] of this.requests) request.open(other === id, true);
    this.focus();
  }

  /** Give the focus to the current request, or to the line that says that there is none. */
  focus() {
    const request = this.requests.get(this.current);
    if (!request) return this.empty.focus();
    request.face.focus({ preventScroll: true });
    request.face.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    const { target } = event, request = this.requests.get(this.current);
    if (!request || event.altKey || event.ctrlKey || event.metaKey) return;
    if (target.closest("input")) {
      if (event.key !== "Escape") return;
      request.undeny();
    } else if (event.key === "d" || event.key === "D") {
      request.deny();
    } else if (event.key.toLowerCase() === "a") {
      if (event.repeat) return; // a key that is held decides one request
      if (!event.shiftKey) this.decide(this.current, "approve");
      else if (request.permission.rule) this.decide(this.current, "approve", { always: true });
      else this.frame.say("There is no Always for this request.");
    } else if (["ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) {
      if (target.closest(".request-detail")) return; // these scroll
      const ids = [...this.requests.keys()], i = ids.indexOf(this.current);
      const to = { ArrowUp: i - 1, ArrowDown: i + 1, Home: 0, End: ids.length - 1 }[event.key];
      this.choose(ids[Math.max(0, Math.min(ids.length - 1, to))]);
    } else {
      return;
    }
    event.preventDefault();
  }

  async decide(id, name, values = {}) {
    const request = this.requests.get(id);
    if (!request || this.deciding.has(id) || !("ready" in request.face.dataset)) return;
    this.deciding.add(id);
    request.busy(true);
    try {
      const { said } = await this.store.act(name, { permission: id, ...values });
      this.mine.add(id);
      this.frame.notices.replaceChildren();
      if (said) this.frame.notice(said, "answer");
      this.frame.say(`${name === "deny" ? "Denied" : "Allowed"}: ${request.permission.title}`);
    } catch (error) {
      const now = await this.store.read("permission", { permission: id }).catch(() => null);
      if (now && now.status !== "pending") this.frame.notice(`${now.title}: ${this.outcome(now)} already, so that stands.`, "answer");
      else this.frame.notice(error.message);
      if (now && now.status !== "pending") this.mine.add(id);
    }
    this.deciding.delete(id);
    request.busy(false);
    this.fillRequests();
    this.count();
  }

  /** Say who decided what, and why. */
  outcome(permission) {
    const { status, decided_by: by, reason } = permission, rule = this.store.table("rules").get(by);
    if (status === "pending") return "waits";
    const who = status === "expired" ? "" : by === "policy" ? " by the run's policy" : rule ? " by your rule" : " by you";
    return `${status}${who}${reason ? `: ${reason}` : ""}`;
  }

  fillQuestions() {
    const all = [...this.store.table("questions").values()], open = all.filter((q) => q.status === "open");
    const held = this.asked.contains(document.activeElement), first = this.heard === undefined;
    for (const [id, question] of this.questions) {
      if (open.some((q) => q.id === id)) continue;
      question.el.remove();
      this.questions.delete(id);
    }
    for (const question of open) {
      if (!this.questions.has(question.id)) {
        const made = new Question(this, question);
        this.questions.set(question.id, made);
        this.asked.append(made.el);
        if (!first) this.frame.say(`A question for you: ${question.text.split("\n")[0]}`);
      }
      this.questions.get(question.id).fill(question);
    }
    this.heard = true;
    const settled = all.filter((q) => q.status !== "open").reverse();
    this.settled.replaceChildren(...(settled.length ? [h("details", {}, h("summary", { text: `${plural(settled.length, "question")} answered` }),
      settled.map((q) => h("div", { class: "question-settled" }, h("div", {}, marked(q.text)), h("div", { class: "question-answer", text: q.answer ?? "" }),
        q.decided.length ? h("div", { class: "heph-soft", text: q.decided.join("; ") }) : null)))] : []));
    this.parts.questions.count.textContent = String(open.length);
    this.parts.questions.el.hidden = !all.length;
    if (held && !this.asked.contains(document.activeElement)) (this.asked.querySelector("textarea") ?? this.parts.questions.heading).focus();
  }

  /** Show how an answer was understood. */
  understood(id, said) {
    this.told.hidden = !said;
    this.told.replaceChildren(icon("check"), h("span", {}, h("b", { text: "Understood: " }), said));
  }

  fillRules() {
    const rules = [...this.store.table("rules").values()].filter((r) => r.status === "active");
    const used = new Map();
    for (const p of this.store.table("permissions").values()) used.set(p.decided_by, (used.get(p.decided_by) ?? 0) + 1);
    const held = this.rules.contains(document.activeElement);
    this.rules.replaceChildren(...rules.map((rule) => h("li", {}, h("span", { class: "permissions-rule" }, ruled(rule.rule)),
      h("span", { class: "heph-soft", text: used.has(rule.id) ? `used ${used.get(rule.id) === 1 ? "once" : `${used.get(rule.id)} times`} since` : "not used since" }),
      button("Revoke", { "aria-label": `Revoke: ${said(rule)}`, press: () => this.revoke(rule) }))));
    this.parts.rules.count.textContent = String(rules.length);
    this.parts.rules.el.hidden = !rules.length;
    if (held && !this.rules.contains(document.activeElement)) this.afterRules();
  }

  async revoke(rule) {
    if (await this.frame.act("revoke", { rule: rule.id })) this.frame.say(`Agents ask again before they ${said(rule)}`);
  }

  afterRules() {
    (this.rules.querySelector("button") ?? this.list.querySelector("article[tabindex='0']") ?? this.parts.answers.heading).focus();
  }

  fillAnswers() {
    const decided = [...this.store.table("permissions").values()].filter((p) => p.status !== "pending")
      .sort((a, b) => (b.decided_at ?? "").localeCompare(a.decided_at ?? ""));
    const opened = new Map([...this.answers.children].map((row) => [row.dataset.id, row]));
    const rows = decided.slice(0, this.shown).map((p) => {
      const row = opened.get(p.id) ?? this.answered(p);
      row.outcome.textContent = this.outcome(p);
      return row;
    });
    const kept = document.activeElement;
    this.answers.replaceChildren(...rows);
    if (this.answers.contains(kept)) kept.focus();
    this.parts.answers.count.textContent = decided.length.toLocaleString("en");
    this.parts.answers.el.hidden = !decided.length;
    this.more.hidden = decided.length <= this.shown;
    this.more.lastChild.textContent = `Show ${Math.min(50, decided.length - this.shown)} more`;
  }

  answered(permission) {
    const good = permission.status === "allowed", place = h("div");
    const agent = this.store.table("agents").get(permission.agent_id);
    const outcome = h("span", { title: permission.decided_at && new Date(permission.decided_at).toLocaleString(), class: `answer-outcome ${{ allowed: "good", denied: "bad" }[permission.status] ?? ""}` });
    const fold = h("details", { on: { toggle: async () => {
      if (!fold.open || place.hasChildNodes()) return;
      const { detail } = await this.store.read("permission", { permission: permission.id }).catch((error) => ({ detail: error.message }));
      place.replaceChildren(h("p", { class: "heph-soft", text: `${agent?.preset ?? "An agent"} asked ${new Date(permission.created_at).toLocaleString()}` }), showDetail(detail));
    } } }, h("summary", {}, icon(good ? "check" : "close"), h("span", { class: "answer-title", text: permission.title }), outcome), place);
    const row = h("li", { data: { id: permission.id } }, fold);
    row.outcome = outcome;
    return row;
  }
}

export default {
  render({ model, el, signal }) {
    const frame = new Frame(model, el, "permissions", "Permissions and questions", signal);
    const view = new Permissions(frame);
    frame.store.watch(view, signal);
    const clock = setInterval(() => view.tick(), 5000);
    return () => clearInterval(clock);
  },
};
