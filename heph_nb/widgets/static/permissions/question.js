// One question that only a person can answer: its text, what the PRD says there, and the answer.

class Question {
  constructor(view, question) {
    this.view = view;
    this.id = question.id;
    const id = view.name(question.id);
    this.text = h("div", { class: "question-text", id: `${id}-text` });
    this.about = h("div", { class: "question-about" });
    this.wrong = h("div", { class: "question-wrong", role: "alert" });
    this.answer = h("textarea", { rows: "2", "aria-labelledby": `${id}-text`, "aria-keyshortcuts": "Control+Enter", maxlength: "10000",
      on: { keydown: (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); this.send(); } } } });
    this.el = h("li", { class: "question" }, this.text, this.about,
      h("form", { on: { submit: (event) => { event.preventDefault(); this.send(); } } }, this.answer, this.wrong,
        h("div", { class: "request-answers" }, h("button", { type: "submit", class: "heph-button main" }, icon("message"), h("span", { text: "Send the answer" }), key("Ctrl Enter")))));
  }

  /** Show what is asked now; what is being typed stays. */
  fill(question) {
    const known = JSON.stringify([question.text, question.requirement_ids, question.decided]);
    if (known === this.known) return;
    this.known = known;
    const requirements = question.requirement_ids.map((id) => this.view.store.table("requirements").get(id)).filter(Boolean);
    this.text.replaceChildren(...marked(question.text));
    this.about.replaceChildren(...requirements.map((r) => h("div", { class: "question-requirement" },
      h("span", { class: "heph-chip accent", text: r.id }), h("span", {}, marked(r.text)),
      h("span", { class: "heph-soft", text: `PRD line ${r.line_start}${r.line_end > r.line_start ? `–${r.line_end}` : ""}` }))));
    this.answer.placeholder = requirements.length > 1
      ? `For example: ${requirements[0].id}: as proposed; ${requirements[1].id}: drop it` : "Your answer, in a sentence";
  }

  async send() {
    const text = this.answer.value.trim();
    if (!text || this.sending) return;
    this.sending = true;
    this.wrong.replaceChildren();
    try {
      const { said } = await this.view.store.act("answer", { question: this.id, text });
      this.answer.value = "";
      this.view.understood(this.id, said);
    } catch (error) {
      this.wrong.textContent = error.message;
      this.answer.focus();
    } finally {
      this.sending = false;
    }
  }
}
