// A requirement beside the PRD: what it says, what it led to, and what a person can say of it.

class RequirementDetail {
  constructor(prd) {
    this.prd = prd;
    this.store = prd.store;
    this.frame = prd.frame;
    this.el = prd.side;
    this.id = null;
    this.reveals = new Reveals(() => this.id !== null && this.led());
    this.el.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        event.preventDefault();
        this.close();
      }
    });
  }

  get requirement() {
    return this.store.table("requirements").get(this.id);
  }

  close() {
    const id = this.id;
    this.id = null;
    this.prd.steady(this.prd.chips.get(id)?.[0] ?? this.el, () => { this.el.hidden = true; });
    this.prd.select(null);
    if (id) this.prd.focus(id);
  }

  async open(id, focus = true) {
    this.id = id;
    this.reveals.clear();
    this.told = null;
    this.asked = "";
    this.parts = { about: h("div"), questions: h("div"), led: h("div") };
    this.title = h("h3", { tabindex: "-1" });
    this.el.hidden = false;
    this.el.scrollTop = 0;
    this.el.replaceChildren(h("div", { class: "task-head" }, this.title, button("Close", { name: "close", only: true, kind: "quiet", press: () => this.close() })),
      this.parts.about, this.parts.questions, this.marking(), this.parts.led, this.ticketing());
    this.fill();
    this.prd.select(id);
    if (focus) this.title.focus({ preventScroll: true });
    await this.read(id);
  }

  async read(id) {
    try {
      const told = await this.store.read("trace", { requirement: id });
      if (id !== this.id) return;
      this.told = told;
      this.fill();
    } catch (error) {
      if (id === this.id) this.frame.notice(error.message);
    }
  }

  update(changed) {
    if (this.id === null) return;
    if (!this.requirement) return this.close();
    if (changed.requirements?.has(this.id) || changed.tasks || changed.tickets) this.later();
    if (changed.whole || changed.requirements || changed.tickets || changed.questions) this.fill();
  }

  /** Read what it led to again, once for many changes. */
  later() {
    this.reading ??= setTimeout(() => {
      this.reading = null;
      if (this.id !== null) this.read(this.id);
    }, 500);
  }

  fill() {
    const { requirement: one, parts } = this;
    this.title.textContent = `${one.id}${one.label ? ` · ${one.label}` : ""}`;
    parts.about.replaceChildren(
      h("div", { class: "task-chips" }, h("span", { class: `heph-chip prd-word ${one.status}` }, standingIcon(one.status), h("span", { text: one.status })),
        one.mark ? h("span", { class: "heph-chip" }, icon(one.mark), h("span", { text: one.mark })) : null, h("span", { class: "heph-chip", text: one.level }), h("span", { class: "heph-chip", text: one.kind })),
      h("p", { class: "prd-says" }, one.text.split(/`([^`]+)`/).map((text, n) => (n % 2 ? h("code", { class: "heph-mono", text }) : text))),
      ...(one.criteria.length ? [h("ul", { class: "prd-criteria" }, one.criteria.map((text) => h("li", { text })))] : []),
      h("p", { class: "heph-soft", text: [placesText(one.lines), one.section].filter(Boolean).join(" · ") }),
      ...(one.mark ? [h("p", { class: "task-reason", text: `${one.mark}: ${this.store.facts.marks[one.mark]}.` })] : []),
      ...(one.evidence ? [h("p", { class: "heph-soft", text: `Rests on ${one.evidence === "person" ? "your word" : words(one.evidence)}${one.evidence_ref ? `: ${one.evidence_ref}` : ""}` })] : []));
    this.questions();
    this.led();
  }

  /** Show its questions; those that are open with a place for the answer, which stays while one types. */
  questions() {
    const asked = [...this.store.table("questions").values()].filter((q) => q.requirement_ids.includes(this.id));
    const known = JSON.stringify(asked.map((q) => [q.id, q.status, q.answer]));
    if (known === this.asked) return;
    this.asked = known;
    this.parts.questions.replaceChildren(...(asked.length ? [h("h4", { text: plural(asked.length, "question") })] : []), ...asked.map((question) => {
      const text = h("textarea", { rows: "2", "aria-label": "Your answer", placeholder: "Your answer" });
      const send = async () => {
        if (text.value.trim()) await this.frame.act("answer", { question: question.id, text: text.value });
      };
      return h("div", { class: "prd-question" }, h("p", { class: "task-text", text: question.text }),
        question.status === "open" ? h("div", { class: "prd-form" }, text, button("Answer", { name: "message", kind: "main", press: send })) : h("p", { class: "task-reason", text: question.answer ?? "" }));
    }));
  }

  marking() {
    const { marks } = this.store.facts;
    const says = h("p", { class: "heph-soft prd-means" });
    const word = h("select", { "aria-label": "Your word", on: { change: () => { says.textContent = marks[word.value] ?? "Your word is taken away."; } } },
      h("option", { value: "", text: "no word" }), Object.keys(marks).map((mark) => h("option", { value: mark, text: mark })));
    const reason = h("input", { placeholder: "Why (agents are told)", "aria-label": "Reason" });
    word.value = this.requirement.mark ?? "";
    const send = () => this.frame.act("mark", { requirement: this.id, mark: word.value || null, reason: reason.value || undefined });
    return h("div", {}, h("h4", { text: "Your word on it" }), h("div", { class: "prd-row" }, word, reason, button("Mark", { press: send })), says);
  }

  ticketing() {
    const title = h("input", { "aria-label": "Title of a new ticket", value: this.requirement.text.slice(0, 120), maxlength: "500" });
    const make = async () => {
      if (title.value.trim() && await this.frame.act("create_ticket", { title: title.value, requirement_ids: [this.id] })) this.frame.notice("The ticket is on the board.", "answer");
    };
    return h("div", {}, h("h4", { text: "New ticket for it" }), h("div", { class: "prd-row" }, title, button("Create", { name: "plus", press: make })));
  }

  led() {
    const told = this.told ?? {}, rows = [];
    const list = (label, items, row) => items?.length && rows.push(h("h4", { text: `${label} (${items.length})` }), ...items.map((item) => h("div", { class: "task-line" }, row(item))));
    const place = (one) => [h("span", { class: "task-grow heph-mono", text: one.path }), one.merged ? null : h("span", { class: "heph-chip", text: "not merged" })].filter(Boolean);
    const tickets = [...this.store.table("tickets").values()].filter((t) => t.requirement_ids.includes(this.id));
    const tasks = (told.tasks ?? []).map((task) => this.store.table("tasks").get(task.id) ?? task), titles = new Map(tasks.map((t) => [t.id, t.title]));
    const commits = (told.attempts ?? []).filter((one) => one.head_commit);
    list("Tickets", tickets, (t) => [h("span", { class: "task-grow", text: t.title }), h("span", { class: "heph-chip", text: words(t.status) })]);
    list("Tasks", tasks, (t) => [h("span", { class: "heph-soft", text: `${t.phase}` }), h("span", { class: "task-grow", text: t.title }), stateChip(t.status)]);
    if (commits.length) rows.push(h("h4", { text: `Commits (${commits.length})` }), ...commits.map((one) => this.commit(one, titles.get(one.task_id) ?? "")));
    list("Checks", told.checks, (c) => [h("span", { class: `task-mark ${c.exit_code === 0 ? "good" : "bad"}` }, icon(c.exit_code === 0 ? "check" : "close")), h("code", { class: "task-grow heph-mono prd-command", text: c.command, title: c.command }), h("span", { class: `heph-chip ${c.exit_code === 0 ? "good" : "bad"}`, text: `exit ${c.exit_code}` })]);
    list("Files", told.files, place);
    list("Tests", told.tests, place);
    if (!rows.length) rows.push(h("p", { class: "heph-soft", text: this.told ? "Nothing was done for it yet." : "Reading …" }));
    const buttons = () => [...this.parts.led.querySelectorAll("button")], at = buttons().indexOf(document.activeElement);
    this.parts.led.replaceChildren(...rows);
    if (at >= 0) buttons()[at]?.focus({ preventScroll: true });
  }

  commit(one, title) {
    const sha = one.merge_commit ?? one.head_commit, read = async () => showWork(await this.store.read("diff", { commit: sha }));
    return h("div", {}, h("div", { class: "task-line" }, icon("commit"), h("span", { class: "heph-mono", text: sha.slice(0, 8) }), h("span", { class: "task-grow", text: title }),
      h("span", { class: `heph-chip ${one.merge_commit ? "good" : ""}`, text: one.merge_commit ? "merged" : "not merged" }), this.reveals.button(one.id, "Diff", sha.slice(0, 8), read)), this.reveals.of(one.id));
  }
}
