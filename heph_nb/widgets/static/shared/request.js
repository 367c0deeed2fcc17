// One request of an agent: who asks for what, what it would do, and the three answers.

Object.assign(ICONS, {
  pencil: "M3 13l.6-3L10.5 3 13 5.5 6 12.4zM9 4.5L11.5 7",
  terminal: "M2 3h12v10H2zM4.5 6l2 2-2 2M8.5 10h3",
  file: "M4 2.5h5l3 3v8H4zM9 2.5v3h3",
});
const OF_KIND = { execute: "terminal", edit: "pencil", read: "file", delete: "close", search: "search" };

const SETTLES = 350; // milliseconds

const WANTS = {
  execute: "run a command", edit: "change files", read: "read files", delete: "delete files", move: "move files",
  search: "search", fetch: "fetch something", think: "think", switch_mode: "switch its mode",
};

/** Say what an agent wants to do, by the kind of its tool. */
const wants = (kind) => WANTS[kind] ?? "use a tool";

/** Say how long ago something was. */
const ago = (iso) => duration((Date.now() - Date.parse(iso)) / 1000);

/** Take the detail of a request apart: {command, paths, diff, input, rest}. Its input is JSON, and always stands last. */
function readDetail(detail) {
  const found = { command: [], paths: [], diff: [], rest: [] };
  const last = `\n${detail}`.lastIndexOf("\ninput: "), text = last < 0 ? detail : detail.slice(0, Math.max(0, last - 1));
  const lines = text.split("\n"), input = last < 0 ? "" : detail.slice(last + "input: ".length);
  let into = found.rest;
  lines.forEach((line, i) => {
    const named = /^(command|paths): (.*)$/.exec(line);
    if (named) {
      into = found[named[1]];
      into.push(named[2]);
    } else if (line.startsWith("--- ") && lines[i + 1]?.startsWith("+++ ")) {
      into = found.diff;
      into.push(`diff --git a/${line.slice(4)} b/${line.slice(4)}`, line);
    } else {
      if (into === found.diff && !/^[ +\-@]/.test(line)) into = found.rest;
      into.push(line);
    }
  });
  return { ...Object.fromEntries(Object.entries(found).map(([name, part]) => [name, part.join("\n").trim()])), input };
}

/** Show the detail of a request: the command, the changes, and what else the tool is given. Only what repeats is folded. */
function showDetail(detail) {
  const { command, paths, diff, input, rest } = readDetail(detail);
  const block = (label, text) => h("pre", { class: "request-block", role: "group", "aria-label": label, text });
  const parts = [];
  if (command) parts.push(h("div", { class: "request-command" }, h("span", { class: "request-prompt", "aria-hidden": "true", text: "$" }), block("Command", command)));
  if (paths && !paths.split(", ").every((path) => diff.includes(`diff --git a/${path} b/${path}`))) parts.push(h("div", { class: "request-paths heph-mono", text: paths }));
  if (diff) parts.push(showDiff(diff));
  if (rest) parts.push(block("Detail", rest));
  if (input) {
    const given = block("What the tool is given", input);
    const repeats = diff || (command && !command.includes("\n") && input.includes(JSON.stringify(command)));
    parts.push(repeats ? h("details", { class: "request-input" }, h("summary", { text: "What the tool is given" }), given) : given);
  }
  return h("div", { class: "request-detail", tabindex: "0", role: "group", "aria-label": "What it asks for" }, parts);
}

const key = (text) => h("kbd", { "aria-hidden": "true", text });

/** A button with the key that does the same. */
const keyed = (label, keys, shortcut, props) => {
  const made = button(label, { ...props, "aria-keyshortcuts": shortcut });
  made.append(key(keys));
  return made;
};

/** A request in the queue. Only the current one is opened. */
class Request {
  constructor(view, permission) {
    this.view = view;
    this.permission = permission;
    const { store } = view, id = view.name(permission.id);
    const agent = store.table("agents").get(permission.agent_id), task = store.table("tasks").get(permission.task_id);
    const phase = [...store.table("phases").values()].find((p) => p.number === task?.phase);
    this.who = agent?.preset ?? "an agent";
    this.about = [phase ? `phase ${phase.number} ${phase.name}` : "", task?.title].filter(Boolean).join(" · ");
    this.age = h("time", { class: "request-age", datetime: permission.created_at, title: new Date(permission.created_at).toLocaleString() });
    this.more = h("div", { class: "request-more", hidden: true });
    this.el = h("li", {}, this.face = h("article", {
      class: "request", tabindex: "-1", "aria-labelledby": `${id}-title ${id}-who`, "aria-describedby": view.hint.id,
      "aria-keyshortcuts": "ArrowUp ArrowDown A Shift+A D",
      on: { click: (event) => { if (!event.target.closest("button, input, .request-detail")) view.choose(permission.id); } },
    },
    h("div", { class: "request-head" },
      h("span", { class: `request-kind ${permission.tool_kind}` }, icon(OF_KIND[permission.tool_kind] ?? "question")),
      h("div", { class: "request-what" }, h("div", { class: "request-title", id: `${id}-title`, text: permission.title }),
        h("div", { class: "heph-soft request-who", id: `${id}-who`, text: `${this.who} wants to ${wants(permission.tool_kind)}${this.about ? ` · ${this.about}` : ""}` })),
      this.age),
    this.more));
    this.tick();
  }

  tick() {
    this.age.textContent = ago(this.permission.created_at);
  }

  /**
   * Open or fold it; what it shows is made when it is opened first. One that comes up by itself takes no answer for a
   * moment: what is pressed or clicked then was meant for the one before.
   */
  open(current, byHand = false) {
    if (current && this.face.tabIndex < 0) {
      this.face.toggleAttribute("data-ready", byHand);
      setTimeout(() => this.face.setAttribute("data-ready", ""), SETTLES);
    }
    this.face.tabIndex = current ? 0 : -1;
    this.face.classList.toggle("current", current);
    if (current) this.face.setAttribute("aria-current", "true");
    else this.face.removeAttribute("aria-current");
    this.more.hidden = !current;
    if (current && !this.more.hasChildNodes()) this.fill();
  }

  fill() {
    const { view, permission } = this, { id, rule } = permission;
    this.reason = h("input", { class: "request-reason", placeholder: "Why not? The agent is told (may be empty)", "aria-label": "Reason", maxlength: "10000" });
    this.denying = h("form", { class: "request-deny", hidden: true, on: { submit: (event) => { event.preventDefault(); view.decide(id, "deny", { reason: this.reason.value.trim() || null }); } } },
      this.reason, h("button", { type: "submit", class: "heph-button danger", text: "Deny" }), button("Cancel", { kind: "quiet", press: () => this.undeny() }),
      h("span", { class: "heph-soft" }, key("Enter"), " sends, ", key("Esc"), " goes back"));
    const words = h("span", { id: `${view.name(id)}-always` });
    if (rule) words.append("“Always” lets agents ", ...ruled(rule), " for the rest of this run without asking.");
    else words.append("There is no “Always” here: the request does not say exactly enough what it is for.");
    this.answers = h("div", { class: "request-answers" },
      keyed("Allow once", "A", "A", { name: "check", kind: "main", press: () => view.decide(id, "approve") }),
      rule ? keyed("Always", "⇧A", "Shift+A", { press: () => view.decide(id, "approve", { always: true }), "aria-describedby": words.id }) : null,
      keyed("Deny …", "D", "D", { kind: "danger", press: () => this.deny() }));
    this.more.append(showDetail(permission.detail), this.answers, this.denying, this.always = h("p", { class: "request-always heph-soft" }, words));
  }

  deny() {
    this.answers.hidden = this.always.hidden = true;
    this.denying.hidden = false;
    this.reason.focus();
  }

  undeny() {
    this.denying.hidden = true;
    this.answers.hidden = this.always.hidden = false;
    this.face.focus();
  }

  busy(on) {
    this.face.setAttribute("aria-busy", String(on));
  }
}

/** Say what a rule allows, letter for letter. */
function ruled([verb, things, kind]) {
  const what = things.flatMap((thing, i) => [i ? " and " : "", h("code", { text: thing })]);
  return [verb ? `${verb} ` : "", ...what, kind ? ` ${kind}` : ""];
}

/** Return a text with what stands in backticks as code. */
function marked(text) {
  return text.split("`").map((part, i) => (i % 2 ? h("code", { text: part }) : part));
}
