// The form that starts a run. What is typed is looked at a moment later; the run begins with a click or Enter.

const PAUSE = 200; // milliseconds without typing until it is looked at

class Launch {
  constructor(frame) {
    this.frame = frame;
    this.store = frame.store;
    this.prefix = `launch-${Math.random().toString(36).slice(2)}`;
    this.asked = 0; // checks that were asked for; only the answer to the last one counts
    this.touched = new Set();
    this.fields = {};
    frame.bar.append(h("span", { class: "launch-name", text: "Start a run" }));
    frame.showCode = () => { frame.lines.textContent = this.code ?? ""; };
    if (this.store.facts.started) this.started(this.store.facts.started);
    else this.form();
  }

  form() {
    const { values, prds, agents } = this.store.facts;
    const input = (name, props = {}) => h("input", { name, value: values[name] ?? "", autocomplete: "off", spellcheck: "false", ...props });
    const prd = this.field("prd", "PRD", input("prd", { placeholder: "PRD.md, or any path", list: `${this.prefix}-prds`, required: true }), "A Markdown or text file that says what is wanted.");
    const place = this.field("working_dir", "Repository", input("working_dir", { list: `${this.prefix}-places` }), "");
    this.lists = { prd: h("datalist", { id: `${this.prefix}-prds` }, this.options(prds)), working_dir: h("datalist", { id: `${this.prefix}-places` }) };
    const agent = h("select", { name: "agent" }, agents.map((a) => h("option", { value: a.name, text: a.label })));
    agent.value = values.agent ?? agents[0].name;
    const number = { type: "text", inputmode: "numeric" };
    const radio = (value, label) => h("label", { class: "launch-choice" },
      h("input", { type: "radio", name: `${this.prefix}-policy`, value, checked: (values.policy ?? "allow") === value }), h("span", { text: label }));
    this.policy = h("fieldset", { class: "launch-policy" }, h("legend", { text: "When an agent asks for permission" }), radio("allow", "allow it"), radio("ask", "ask me"));
    const check = (name, label) => h("label", { class: "launch-choice" }, h("input", { type: "checkbox", name, checked: Boolean(values[name]) }), h("span", { text: label }));
    this.manual = check("manual", "Later phases wait until I start them");
    this.another = check("new", "Start another run beside it");
    this.another.hidden = true;
    this.preview = h("div", { class: "launch-preview", tabindex: "0", role: "region", "aria-label": "The PRD as it is understood" });
    this.notes = h("ul", { class: "launch-notes", role: "list", "aria-live": "polite" });
    this.reason = h("span", { class: "launch-reason", id: `${this.prefix}-reason`, role: "status" });
    this.button = h("button", { type: "submit", class: "heph-button main", "aria-disabled": "true", "aria-describedby": this.reason.id }, icon("play"), h("span", { text: "Start the run" }));
    this.el = h("form", { novalidate: true, on: {
      submit: (event) => { event.preventDefault(); this.start(); },
      input: (event) => { this.touched.add(event.target.name); this.soon(); },
    } },
    h("div", { class: "launch-sides" },
      h("div", { class: "launch-fields" }, prd, place,
        h("div", { class: "launch-row" }, this.field("agent", "Agent", agent), this.field("workflow", "Workflow", input("workflow", { value: values.workflow ?? "prd_to_software" }))),
        h("div", { class: "launch-row" }, this.field("max_agents", "Agents at a time, at most", input("max_agents", { value: values.max_agents ?? "4", ...number })),
          this.field("budget_tokens", "Token budget", input("budget_tokens", { placeholder: "no limit", ...number }))),
        this.policy, this.manual,
        this.field("state", "State file", input("state", { placeholder: "hephaestus.duckdb" }), "")),
      this.preview),
    this.notes, this.another, h("div", { class: "launch-foot" }, this.button, this.reason), Object.values(this.lists));
    this.frame.body.replaceChildren(this.el);
    this.show(null);
    this.check();
  }

  /** A labelled control with what helps and what is wrong. */
  field(name, label, control, help = null) {
    const id = `${this.prefix}-${name}`;
    const parts = { control, help: h("div", { class: "launch-help", id: `${id}-help`, text: help ?? "" }), wrong: h("div", { class: "launch-wrong", id: `${id}-wrong`, "aria-live": "polite" }) };
    control.id = id;
    control.setAttribute("aria-describedby", `${id}-help ${id}-wrong`);
    this.fields[name] = parts;
    return h("div", { class: "launch-field" }, h("label", { for: id, text: label }), control, parts.help, parts.wrong);
  }

  options(paths) {
    return paths.map((path) => h("option", { value: path }));
  }

  get values() {
    const typed = Object.fromEntries(Object.entries(this.fields).map(([name, { control }]) => [name, control.value]));
    return { ...typed, policy: this.policy.querySelector("input:checked").value, manual: this.manual.firstChild.checked,
      new: !this.another.hidden && this.another.firstChild.checked };
  }

  soon() {
    this.button.setAttribute("aria-disabled", "true");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), PAUSE);
  }

  /** Look at what is typed; returns whether a run can start from it. */
  async check() {
    clearTimeout(this.timer);
    const asked = ++this.asked;
    this.complete();
    try {
      const found = await this.store.read("check", this.values);
      if (asked !== this.asked || this.starting) return false;
      this.show(found);
      return Object.keys(found.wrong).length === 0;
    } catch (error) {
      if (asked === this.asked) this.frame.notice(error.message);
      return false;
    }
  }

  show(found) {
    const wrong = found?.wrong ?? {}, names = Object.keys(this.fields).filter((name) => name in wrong);
    this.code = found?.code;
    this.frame.showCode();
    for (const [name, { control, help, wrong: place }] of Object.entries(this.fields)) {
      const told = wrong[name] && (this.touched.has(name) || control.value) ? wrong[name] : "";
      if (place.textContent !== told) place.textContent = told;
      if (wrong[name]) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
      const at = found?.places[name];
      if (name !== "prd" && found) help.textContent = at ? `${at}${name === "state" && found.fresh ? " (new)" : ""}` : "";
      help.hidden = Boolean(told) || !help.textContent || (name === "prd" && Boolean(found?.preview));
    }
    this.preview.replaceChildren(...showPreview(found?.preview, found?.places.prd));
    this.notes.replaceChildren(...showNotes(found?.notes ?? []));
    const attaches = (found?.notes ?? []).some((note) => note.kind === "attach");
    this.another.hidden = !attaches;
    const label = attaches && !this.another.firstChild.checked ? "Attach to the run" : "Start the run";
    this.button.lastChild.textContent = label;
    this.button.setAttribute("aria-disabled", String(!found || Object.keys(wrong).length > 0));
    const labels = { prd: "the PRD", working_dir: "the repository", state: "the state file", budget_tokens: "the token budget", max_agents: "the number of agents" };
    this.reason.textContent = !found ? "Looking …" : !names.length ? (attaches && !this.another.firstChild.checked ? "Enter shows the run that is there; nothing is made." : "Enter starts it; nothing was made so far.")
      : !this.fields.prd.control.value && names[0] === "prd" ? wrong.prd : `Not yet: see ${names.map((n) => labels[n] ?? `the ${n}`).join(", ")}.`;
  }

  /** Offer what a path that is being typed may become. */
  async complete() {
    for (const [name, list] of Object.entries(this.lists)) {
      const text = this.fields[name].control.value;
      if (!this.touched.has(name) || (name === "prd" && !text.includes("/"))) continue;
      const found = await this.store.read("complete", { text, files: name === "prd" }).catch(() => []);
      if (this.fields[name].control.value === text) list.replaceChildren(...this.options(found));
    }
  }

  async start() {
    if (this.starting) return;
    for (const name of Object.keys(this.fields)) this.touched.add(name);
    if (!(await this.check())) {
      this.el.querySelector("[aria-invalid]")?.focus();
      return;
    }
    this.starting = true;
    this.button.setAttribute("aria-disabled", "true");
    this.reason.textContent = "Starting …";
    const answer = await this.frame.act("bootstrap", this.values);
    this.starting = false;
    if (!answer) this.check();
  }

  /** Hear that the run has started, whichever view of this form did it. */
  heard(message) {
    if (message.kind === "started") this.started(message.run, this.frame.root.contains(document.activeElement));
  }

  update() {} // there are no records before there is a run

  /** Make room for the run, whose panel comes below. */
  started(run, now = false) {
    this.code = `${run.code}`;
    this.frame.showCode();
    const name = h("h3", { tabindex: "-1", class: "launch-started-name", text: run.name });
    this.frame.bar.replaceChildren(h("span", { class: "heph-chip good" }, icon("check"), h("span", { text: "Started" })), name,
      h("span", { class: "heph-soft", text: run.branch }));
    const copy = h("code", { class: "heph-mono", text: run.again });
    this.frame.body.replaceChildren(h("div", { class: "launch-started heph-soft" }, "In any cell, now or tomorrow:", copy,
      button("Copy", { name: "copy", only: true, kind: "quiet", press: () => navigator.clipboard?.writeText(run.again).then(() => this.frame.say("Copied")) })));
    if (!now) return;
    name.focus();
    this.frame.say(`${run.name} has started; its panel is below.`);
  }
}

export default {
  render({ model, el, signal }) {
    const frame = new Frame(model, el, "launcher", "Start a run", signal);
    const launch = new Launch(frame);
    frame.store.watch(launch, signal);
    return () => clearTimeout(launch.timer);
  },
};
