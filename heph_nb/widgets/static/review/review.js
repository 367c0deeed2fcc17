// The review: a row per ticket; opened, it shows what was changed, checked, proven and asked.

const OUTCOMES = { merged: "good", "partly merged": "warn", failed: "bad", "in work": "accent", cancelled: "warn", "no work": "", "no change": "", "by hand": "good" };
const LADDER = { verified: "good", implemented: "accent", specified: "", open: "" };

class Review {
  constructor(frame) {
    this.frame = frame;
    this.store = frame.store;
    this.rows = new Map();
    this.body = h("tbody");
    this.total = h("span", { class: "heph-soft", role: "status" });
    frame.bar.append(h("b", { text: "Review" }), this.total);
    const heads = ["Ticket", "Outcome", "Changes", "Checks", "Requirements", ""].map((text) => h("th", { scope: "col" }, text || h("span", { class: "heph-hidden", text: "What can be done" })));
    frame.body.append(h("div", { class: "review-scroll", tabindex: "0", "aria-label": "Review of the tickets" }, h("table", {}, h("thead", {}, h("tr", {}, heads)), this.body)));
    this.read();
  }

  update(changed) {
    if (Object.keys(changed).some((table) => ["whole", "tickets", "tasks", "checks", "questions", "requirements"].includes(table))) this.later();
  }

  later() {
    this.pending ??= setTimeout(() => {
      this.pending = null;
      this.read();
    }, 1500);
  }

  async read() {
    try {
      const told = await this.store.read("review");
      for (const [place, row] of told.entries()) {
        if (!this.rows.has(row.ticket)) this.rows.set(row.ticket, new Row(this, row.ticket));
        this.rows.get(row.ticket).set(row);
        const { line, more } = this.rows.get(row.ticket);
        if (this.body.children[2 * place] !== line) this.body.append(line, more);
      }
      const merged = told.filter((row) => row.outcome === "merged").length;
      this.total.textContent = told.length ? `${merged} of ${plural(told.length, "ticket")} merged` : "no tickets yet";
    } catch (error) {
      this.frame.notice(error.message);
    }
  }
}

class Row {
  constructor(review, id) {
    this.review = review;
    this.store = review.store;
    this.id = id;
    this.line = h("tr", { class: "review-line", data: { ticket: id } });
    this.inside = h("td", { colspan: "6" });
    this.more = h("tr", { class: "review-more", hidden: true }, this.inside);
    this.opens = h("button", { type: "button", class: "review-open", "aria-expanded": "false", on: { click: () => this.toggle() } });
  }

  set(row) {
    const known = JSON.stringify(row);
    if (known === this.known) return;
    this.known = known;
    this.row = row;
    const focused = this.line.contains(document.activeElement) ? [...this.line.querySelectorAll("button")].indexOf(document.activeElement) : -1;
    this.opens.replaceChildren(icon("chevron"), h("span", { text: row.title }));
    const size = row.files === null ? "" : row.files ? [`${plural(row.files, "file")} `, h("span", { class: "review-added", text: `+${row.added}` }), " ", h("span", { class: "review-removed", text: `−${row.removed}` })] : "none";
    const checks = row.checks_passed + row.checks_failed
      ? h("span", { class: `heph-chip ${row.checks_failed ? "bad" : "good"}` }, icon(row.checks_failed ? "warning" : "check"), h("span", { text: row.checks_failed ? `${row.checks_failed} failed` : `${row.checks_passed} passed` }))
      : h("span", { class: "heph-soft", text: "none" });
    const proven = row.evidence.slice(0, 4).map((text) => {
      const [, requirement, status] = /^(\S+) (\w+)/.exec(text);
      return h("span", { class: `heph-chip ${LADDER[status] ?? ""}`, title: text, text: `${requirement} ${status}` });
    });
    if (row.evidence.length > 4) proven.push(h("span", { class: "heph-chip", text: `+${row.evidence.length - 4}` }));
    if (row.questions.length) proven.push(h("span", { class: "heph-chip warn" }, icon("question"), h("span", { text: plural(row.questions.length, "question") })));
    const retry = row.retry.length ? button(row.retry.length > 1 ? `Retry ${row.retry.length} tasks` : "Retry", { name: "retry", press: () => this.retry() }) : null;
    this.line.replaceChildren(h("th", { scope: "row" }, this.opens), h("td", {}, h("span", { class: `heph-chip ${OUTCOMES[row.outcome] ?? ""}`, text: row.outcome })),
      h("td", {}, size), h("td", {}, checks), h("td", { class: "review-proven" }, proven), h("td", {}, retry));
    if (focused >= 0) this.line.querySelectorAll("button")[focused]?.focus();
    if (!this.more.hidden) this.show();
  }

  async retry() {
    for (const task of this.row.retry) if (!(await this.review.frame.act("retry", { task }))) return;
  }

  toggle() {
    this.more.hidden = !this.more.hidden;
    this.opens.setAttribute("aria-expanded", String(!this.more.hidden));
    if (!this.more.hidden) this.show();
  }

  show() {
    const ticket = this.store.table("tickets").get(this.id);
    const tasks = [...this.store.table("tasks").values()].filter((t) => t.ticket_id === this.id);
    const mine = new Set(tasks.map((t) => t.id));
    const checks = [...this.store.table("checks").values()].filter((c) => mine.has(c.task_id));
    const asked = this.row.questions.map((id) => this.store.table("questions").get(id)).filter(Boolean);
    const wanted = ticket.requirement_ids.map((id) => this.store.table("requirements").get(id)).filter(Boolean);
    const part = (title, ...children) => (children.flat().length ? h("section", {}, h("h4", { text: title }), children) : null);
    const diff = h("div", { class: "heph-soft", text: "Reading the diff …" });
    this.store.read("diff", { ticket: this.id }).then((told) => diff.replaceChildren(showWork(told)), (error) => { diff.textContent = error.message; });
    this.inside.replaceChildren(h("div", { class: "review-inside" }, ...[
      part("Open questions", asked.map((q) => this.question(q))),
      part("Requirements", wanted.map((r) => h("div", {}, h("span", { class: `heph-chip ${LADDER[r.status] ?? ""}`, text: `${r.id} ${r.mark ?? r.status}` }), ` ${r.text}`))),
      part("Tasks", tasks.map((t) => h("div", {}, stateChip(t.status), ` ${t.title}`, t.reason ? h("span", { class: "heph-soft", text: `: ${t.reason}` }) : null))),
      part("Checks", checks.map((c) => this.check(c))),
      part("Diff", [diff]),
    ].filter(Boolean)));
  }

  check(check) {
    const output = h("pre", { class: "heph-code", tabindex: "0", "aria-label": "What the check printed" });
    const details = h("details", {}, h("summary", {}, h("span", { class: `heph-chip ${check.exit_code ? "bad" : "good"}`, text: check.exit_code ? `exit ${check.exit_code}` : "passed" }),
      " ", h("span", { class: "heph-mono", text: check.command }), h("span", { class: "heph-soft", text: ` ${check.seconds.toFixed(1)} s` })), output);
    details.addEventListener("toggle", async () => {
      if (details.open) output.textContent = await this.store.read("check", { check: check.id }).catch((error) => error.message);
    });
    return details;
  }

  question(question) {
    const said = h("input", { placeholder: "Your answer", "aria-label": "Your answer" });
    const send = () => said.value.trim() && this.review.frame.act("answer", { question: question.id, text: said.value });
    said.addEventListener("keydown", (event) => event.key === "Enter" && send());
    return h("div", { class: "review-question" }, h("div", { text: question.text }), h("div", { class: "heph-bar" }, said, button("Answer", { press: send })));
  }
}

export default {
  render({ model, el, signal }) {
    const frame = new Frame(model, el, "review", "Review", signal);
    const review = new Review(frame);
    frame.store.watch(review, signal);
    return () => clearTimeout(review.pending);
  },
};
