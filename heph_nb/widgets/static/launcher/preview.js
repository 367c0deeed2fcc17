// What a run would start from: the PRD as it is understood, and what is to be known beforehand.

Object.assign(ICONS, { info: "M8 14a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM8 7.3v3.7M8 5v.1", branch: "M5 3v10M5 9c4 0 6-1 6-5M11 4V3" });
const NOTED = { warning: "warning", attach: "branch", info: "info" };

/** Return a text with what stands in backticks as code. */
function coded(text) {
  return text.split("`").map((part, i) => (i % 2 ? h("code", { text: part }) : part));
}

/** Show the title, how many requirements of which kinds, the first of them, and what the PRD itself leaves open. */
function showPreview(preview, path) {
  if (!preview) return [h("div", { class: "heph-empty", text: "What the PRD asks for appears here, as it is understood." })];
  const line = (n) => h("span", { class: "preview-line heph-mono", title: `Line ${n} of the PRD`, text: `L${n}` });
  return [
    h("h3", { class: "preview-title", text: preview.title || "Without a title" }),
    h("div", { class: "preview-path heph-soft", text: path ?? "" }),
    h("div", { class: "preview-chips" }, h("span", { class: "heph-chip accent", text: preview.total }),
      preview.kinds.map(({ name, n }) => h("span", { class: "heph-chip", text: `${n} ${name}` }))),
    h("ol", { class: "preview-list", role: "list", "aria-label": "First requirements" }, preview.first.map((r) => h("li", {}, line(r.line),
      h("span", { class: "preview-text" }, coded(r.text)), r.level === "must" ? null : h("span", { class: "heph-chip", text: r.level })))),
    preview.more ? h("div", { class: "heph-soft preview-more", text: `and ${preview.more} more` }) : null,
    preview.questions.length ? h("div", { class: "preview-open" }, h("h4", { text: `${plural(preview.questions.length, "question")} that the PRD leaves open` }),
      h("ol", { class: "preview-list", role: "list" }, preview.questions.map((q) => h("li", {}, line(q.line), h("span", { class: "preview-text" }, coded(q.text)))))) : null,
  ].filter(Boolean);
}

/** Show what is to be known beforehand. */
function showNotes(notes) {
  return notes.map(({ kind, text }) => h("li", { class: `launch-note ${kind}` }, icon(NOTED[kind]),
    h("span", {}, kind === "warning" ? h("b", { text: "Note: " }) : null, text)));
}
