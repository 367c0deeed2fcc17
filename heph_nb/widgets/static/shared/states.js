// The states of a task: an icon and a colour for each word, so that none is told by colour alone.

Object.assign(ICONS, {
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.8V8l2.2 1.6",
  circle: "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11z",
  done: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM5.3 8.2l2 2 3.6-4.2",
  failed: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM6 6l4 4M10 6l-4 4",
  slash: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM4 12l8-8",
  work: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM6.7 5.5l3.8 2.5-3.8 2.5z",
  list: "M3 4.2l1 1 1.8-2M3 11l1 1 1.8-2M8.5 4.5H13M8.5 11.5H13",
  merge: "M5 5.5v7M5 5.5a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2zM5 5.5c.3 2.6 2.2 3.6 5 3.8M11.5 10.9a1.6 1.6 0 1 0 0-3.2 1.6 1.6 0 0 0 0 3.2z",
  down: "M3.5 6L8 10.5 12.5 6",
  rows: "M2.5 4h11M2.5 8h11M2.5 12h11",
});

const STATES = {
  pending: ["circle", ""], blocked: ["lock", "warn"], queued: ["clock", ""],
  running: ["work", "accent"], checking: ["list", "accent"], merging: ["merge", "accent"],
  needs_work: ["retry", "warn"], done: ["done", "good"], failed: ["failed", "bad"],
  cancelled: ["slash", ""], duplicate: ["copy", ""],
};
const AT_WORK = new Set(["running", "checking", "merging"]);
const GROUPS = [ // what people filter by
  ["at work", ["running", "checking", "merging"], "work", "accent"],
  ["waiting", ["pending", "blocked", "queued", "needs_work"], "clock", ""],
  ["failed", ["failed"], "failed", "bad"],
  ["done", ["done"], "done", "good"],
  ["left out", ["cancelled", "duplicate"], "slash", ""],
];

/** Return a chip that says a state in icon, word and colour. */
function stateChip(status) {
  const [name, kind] = STATES[status] ?? ["circle", ""];
  return h("span", { class: `heph-chip ${kind}` }, icon(name), h("span", { text: words(status) }));
}
