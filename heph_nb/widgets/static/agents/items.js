// How one thing that an agent said or did is shown.

const DIFF_LINES = 400; // of a diff in the page

/** Return what an item says as plain text, for the search and to be copied. */
function plainText(item) {
  if (item.kind === "tool") return `${item.data.title ?? ""} ${words(item.data.status ?? "")}`;
  if (item.kind === "gap") return leftOut(item.count);
  if (item.kind === "status") return item.what === "agent.status" ? `${item.data.from} → ${item.data.to} ${item.data.reason ?? ""}` : "";
  return item.text;
}

const leftOut = (count) => `${plural(count, "piece")} left out: it came faster than anybody reads. run.events() has all of it.`;

/** Return the lines of a text that hold what is searched for, with it marked. */
function matching(text, query) {
  const lines = text.split("\n").filter((line) => line.toLowerCase().includes(query));
  return lines.slice(0, 30).map((line) => {
    const at = line.toLowerCase().indexOf(query), begin = Math.max(0, at - 200);
    return h("div", {}, line.slice(begin, at), h("mark", { text: line.slice(at, at + query.length) }), line.slice(at + query.length, at + 400));
  }).concat(lines.length > 30 ? [h("div", { class: "heph-soft", text: `and ${lines.length - 30} more lines` })] : []);
}

/** Return a text with its blocks and words of code as code; plain when there are too many of them. */
function withCode(text) {
  if (!text.includes("`") || text.split("`").length > 60) return [text];
  return text.split(/^```[^\n]*\n?/m).flatMap((part, i) => (i % 2 ? [h("pre", { class: "output-pre", text: part.replace(/\n$/, "") })]
    : part.split(/(`[^`\n]+`)/).map((piece) => (/^`[^`]+`$/.test(piece) ? h("code", { text: piece.slice(1, -1) }) : piece))));
}

/** Return the elements of an item that is neither a thought nor a tool. */
function itemParts(item, query, log) {
  const { data, text } = item, line = (...parts) => [h("div", { class: "output-line" }, ...parts)];
  const soft = (said) => h("span", { class: "heph-soft", text: said });
  if (item.kind === "gap") return line(icon("warning"), h("span", { text: leftOut(item.count) }), button("Read it here", { kind: "quiet", press: () => log.readGap(item) }));
  if (item.what === "agent.message") {
    const said = text || (data.content ? `[${data.content.type ?? "something that is no text"}]` : "");
    return [h("div", { class: "output-text" }, query ? matching(said, query) : withCode(item.goes ? said : said.replace(/^\n+/, "")))];
  }
  if (item.what === "message.sent") {
    const agents = log.frame.store.table("agents"), name = (id) => agents.get(id)?.label || agents.get(id)?.preset || "you";
    const who = `${agents.has(data.sender) ? name(data.sender) : "You"} → ${data.recipient === null ? "every agent" : name(data.recipient)}`;
    return [h("div", { class: "output-said" }, h("div", { class: "output-who" }, icon("message"), h("span", { text: who })),
      h("div", { class: "output-text" }, query ? matching(text, query) : text))];
  }
  if (item.what === "agent.status") {
    return line(icon({ stuck: "warning", terminated: "stop", waiting: "question" }[data.to] ?? "play"), h("span", { text: AGENTS[data.to] ?? data.to }), data.reason ? soft(data.reason) : null);
  }
  if (item.what.startsWith("permission.")) {
    const asked = log.frame.store.table("permissions").get(data.id);
    return line(icon("question"), h("span", { text: item.kind === "created" ? "asks" : data.to }), soft(asked?.title ?? ""), data.reason ? soft(data.reason) : null);
  }
  if (item.what === "usage.reported") return line(icon("list"), soft(`the turn used ${plural(Number(data.tokens), "token")}`));
  if (item.kind === "mode") return line(icon("circle"), soft(`mode: ${data.mode}`));
  return line(soft(words(item.what)));
}

/** Return what a part of a tool call says, with its name. */
function toolPart({ kind, text }) {
  const name = { diff: "Changes", text: "What it says", output: "Output", input: "Input" }[kind];
  if (kind !== "diff") {
    const block = h("pre", { class: "output-pre", tabindex: "0", role: "group", "aria-label": name, text });
    return kind === "input" ? h("details", {}, h("summary", { class: "heph-soft", text: name }), block) : block;
  }
  const lines = text.split("\n"), shown = showDiff(lines.slice(0, DIFF_LINES).join("\n"));
  if (lines.length > DIFF_LINES) shown.append(h("p", { class: "heph-soft", text: `and ${plural(lines.length - DIFF_LINES, "more line")}` }));
  return shown;
}
