// What an agent says and does, kept within bounds: the newest of it, and what was read of the rest.

const KEPT = { items: 2000, characters: 2_000_000, text: 6000 }; // of one agent, in memory; `text` of one item

/** What was said and done, as items; one for each store, however many times it is on the page. */
class Transcript {
  constructor(store) {
    this.store = store;
    this.agent = null;
    this.made = 0;
    this.clear();
  }

  clear() {
    this.items = [];
    this.calls = new Map();
    this.characters = 0;
    this.plan = null;
    this.earlier = this.known = this.detached = false;
    this.missed = 0;
    this.trouble = null;
  }

  /** Ask for the output of an agent, from its newest part on. */
  async select(agent) {
    if (agent !== this.agent) this.clear();
    this.agent = agent;
    await this.store.read("selected", { agent });
  }

  hear(message) {
    if (message === this.heard || message.kind !== "output" || message.agent !== this.agent) return false;
    this.heard = message;
    this.trouble = message.trouble ?? null;
    if (message.trouble) return true;
    if (message.whole) {
      this.clear();
      this.known = true;
      this.earlier = message.earlier;
      this.plan = message.plan;
    }
    if (message.left_out) this.leaveOut(message.left_out);
    for (const line of message.lines) if (line.kind === "agent.plan") this.plan = line.data.entries;
    if (this.detached) this.missed += message.lines.length;
    else this.bound(this.join(this.items, message.lines));
    return true;
  }

  /** Say that something is missing here; what became of the tools at work is then not known. */
  leaveOut(count) {
    if (this.detached) return;
    const last = this.items.at(-1);
    if (last?.kind === "gap") {
      last.count += count;
      last.version += 1;
    } else {
      this.items.push({ id: ++this.made, version: 0, kind: "gap", count, text: "", seq: last?.last ?? 0, ts: null });
    }
    for (const call of this.calls.values()) {
      if (["pending", "in_progress"].includes(call.data.status ?? "pending")) {
        call.data = { ...call.data, status: "unknown" };
        call.version += 1;
      }
    }
  }

  /** Add lines to the end of a list of items; pieces of one text become one item, updates of one call too. */
  join(items, lines) {
    for (const line of lines) {
      const { kind, data, seq, ts } = line, last = items.at(-1);
      const text = typeof data.text === "string" ? data.text : "";
      if (kind === "agent.plan" && last) last.closed = true;
      if (kind === "agent.plan" || kind === "agent.usage" || (kind === "agent.status" && (data.to === "waiting" || data.from === "waiting"))) continue;
      if (kind.startsWith("agent.tool_call")) {
        const known = this.calls.get(data.tool_call_id);
        if (known) {
          const shows = [...new Set([...(known.data.shows ?? []), ...(data.shows ?? [])])];
          known.data = items === this.items ? { ...known.data, ...data, shows } : { ...data, ...known.data, shows };
          known.version += 1;
          continue;
        }
      } else if (kind === last?.what && (kind === "agent.message" || kind === "agent.thought") && data.message_id === last.data.message_id && last.text.length < KEPT.text && !last.closed) {
        last.text += text;
        last.last = seq;
        last.version += 1;
        this.characters += text.length;
        continue;
      }
      const item = { id: ++this.made, version: 0, kind: kind.startsWith("agent.tool_call") ? "tool" : kind.split(".").at(-1), what: kind, data, seq: line.first, last: seq, ts, text };
      if (["message", "thought"].includes(item.kind)) item.goes = last?.what === kind && !last.closed && data.message_id === last.data.message_id;
      if (item.kind === "tool") this.calls.set(data.tool_call_id, item);
      this.characters += text.length;
      items.push(item);
    }
    return items;
  }

  /** Let go of the oldest when there is too much, or of the newest when somebody reads far back. */
  bound(items, newest = false) {
    let n = 0;
    while (items.length - n > KEPT.items || this.characters > KEPT.characters) {
      const dropped = newest ? items.at(-1 - n) : items[n];
      this.characters -= dropped.text.length;
      if (dropped.kind === "tool") this.calls.delete(dropped.data.tool_call_id);
      n += 1;
    }
    if (n && newest) this.detached = true;
    else if (n) this.earlier = true;
    this.items = newest ? items.slice(0, items.length - n) : items.slice(n);
  }

  /** Read what comes before an item: what is older than all there is, or what was left out there. */
  async readBefore(next) {
    const agent = this.agent, before = next?.seq ?? Number.MAX_SAFE_INTEGER;
    const page = await this.store.read("earlier", { agent, before });
    const at = next ? this.items.indexOf(next) : this.items.length;
    if (agent !== this.agent || at < 0) return;
    const gap = this.items[at - 1]?.kind === "gap" ? this.items[at - 1] : null;
    const begin = gap ? at - 1 : at, last = this.items[begin - 1]?.last;
    const lines = page.lines.filter((line) => last === undefined || line.seq > last);
    if (last === undefined) this.earlier = page.earlier;
    const left = gap && last !== undefined && page.earlier && lines.length === page.lines.length ? gap.count - lines.length : 0;
    if (left > 0) Object.assign(gap, { count: left, version: gap.version + 1 });
    this.bound([...this.items.slice(0, begin), ...(left > 0 ? [gap] : []), ...this.join([], lines), ...this.items.slice(at)], true);
  }
}

const transcripts = new WeakMap();

function transcriptOf(store) {
  if (!transcripts.has(store)) transcripts.set(store, new Transcript(store));
  return transcripts.get(store);
}
