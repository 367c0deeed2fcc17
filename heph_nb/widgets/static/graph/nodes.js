// The nodes of the graph: a task, or a fold of many.

/** Return the place of a task with its button in it; `fillNode` says what stands there. */
function taskNode(graph, id) {
  const face = h("button", { type: "button", class: "graph-node", tabindex: "-1", "aria-describedby": graph.help.id, on: {
    click: () => { graph.current = id; graph.detail.open(id); }, focus: () => { graph.current = id; graph.light(); },
    mouseenter: () => { graph.hovered = id; graph.light(); }, mouseleave: () => { graph.hovered = null; graph.light(); } } });
  const place = h("div", { class: "graph-place", role: "listitem", data: { task: id } }, face);
  place.face = face;
  return place;
}

/** Return the line behind which siblings wait. */
function foldNode(graph, key) {
  const face = h("button", { type: "button", class: "graph-node graph-fold", tabindex: "-1", on: {
    click: () => { graph.layout.open.add(key); const [first] = graph.layout.folds.get(key); graph.again(first); graph.focus(first); }, focus: () => { graph.current = key; graph.light(); } } });
  const place = h("div", { class: "graph-place", role: "listitem", data: { fold: key } }, face);
  place.face = face;
  return place;
}

/** Write what stands in a node, if that has changed. */
function fillNode(graph, node, id) {
  if (graph.layout.folds.has(id)) return fillFold(graph, node, id);
  const task = graph.tasks.get(id), agent = graph.agents.get(id), shut = graph.layout.shut.has(id), below = graph.children.get(id)?.length ?? 0;
  const dim = graph.matches !== null && !graph.matches.has(id);
  const known = JSON.stringify([task, agent, shut, below, dim, graph.times.get(id)]);
  if (node.known === known) return;
  node.known = known;
  const [symbol, kind] = STATES[task.status] ?? ["circle", ""], busy = AT_WORK.has(task.status);
  node.face.className = `graph-node ${kind} ${busy ? "busy" : ""} ${dim ? "dim" : ""}`;
  node.face.setAttribute("aria-label", [task.title, words(task.status), agent && `${agent.preset} is at work`, below && `created ${plural(below, "task")}`, shut && "put away"].filter(Boolean).join(", "));
  node.time = h("span", { class: "graph-time" });
  node.face.replaceChildren(h("span", { class: "graph-state" }, icon(symbol)),
    h("span", { class: "graph-title", text: task.title, title: task.title }),
    h("span", { class: "graph-meta" }, h("span", { class: "graph-word", text: words(task.status) }), agent ? h("span", { class: "graph-agent", text: agent.preset }) : null,
      shut ? h("span", { class: "graph-shut", text: `+ ${graph.descendants(id).length} put away` }) : null), node.time);
  clock(graph, node, id);
}

function fillFold(graph, node, key) {
  const ids = graph.layout.folds.get(key), counts = new Map();
  for (const id of ids) counts.set(graph.tasks.get(id).status, (counts.get(graph.tasks.get(id).status) ?? 0) + 1);
  const told = [...counts].map(([status, n]) => `${n.toLocaleString("en")} ${words(status)}`).join(", ");
  const known = `${ids.length} ${told}`;
  if (node.known === known) return;
  node.known = known;
  node.face.setAttribute("aria-label", `${ids.length.toLocaleString("en")} more: ${told}`);
  node.face.replaceChildren(h("span", { class: "graph-state" }, icon("down")), h("span", { class: "graph-title", text: `${ids.length.toLocaleString("en")} more` }), h("span", { class: "graph-meta" }, h("span", { text: told })));
}

/** Say how long a task took, or takes so far. */
function clock(graph, node, id) {
  const time = graph.times.get(id), busy = AT_WORK.has(graph.tasks.get(id).status);
  const text = time && (time.to || busy) ? duration(((busy ? Date.now() : time.to) - time.from) / 1000) : "";
  if (node.time && node.time.textContent !== text) node.time.textContent = text;
}
