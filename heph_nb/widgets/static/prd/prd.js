// The PRD: its text as it is, each requirement in the colour of how far it is, and its id in the gutter beside its line.

class Prd {
  constructor(frame, signal) {
    this.frame = frame;
    this.store = frame.store;
    this.filter = new Set();
    this.current = this.selected = null;
    this.help = h("p", { class: "heph-hidden", id: `prd-help-${Math.random().toString(36).slice(2)}`,
      text: "Up and down go from requirement to requirement, n and p to the next and the previous one that is open or fits the filter. Enter shows what it led to." });
    this.doc = h("article", { class: "prd-doc", "aria-label": "PRD" });
    this.scroll = h("div", { class: "prd-scroll", role: "group", "aria-label": "PRD with its requirements", tabindex: "-1" }, this.doc);
    this.side = h("aside", { class: "prd-side", hidden: true, "aria-label": "Requirement" });
    this.detail = new RequirementDetail(this);
    this.meter = h("div", { class: "prd-meter", "aria-hidden": "true" });
    this.tools();
    frame.body.append(this.help, this.meter, h("div", { class: "prd-main" }, this.scroll, this.side));
    frame.root.addEventListener("keydown", (event) => this.key(event));
    this.doc.addEventListener("click", (event) => this.click(event));
    this.update({ whole: new Set() });
  }

  get requirements() {
    return this.store.table("requirements");
  }

  tools() {
    const { ladder, marks } = this.store.facts;
    const filter = (word) => {
      const count = h("b");
      const el = h("button", { type: "button", class: `heph-button prd-filter prd-word ${word}`, "aria-pressed": "false", on: { click: () => {
        const on = !this.filter.delete(word);
        if (on) this.filter.add(word);
        el.setAttribute("aria-pressed", String(on));
        this.paint();
      } } }, standingIcon(word), h("span", { text: word }), count);
      return { word, el, count };
    };
    this.filters = [...ladder, ...Object.keys(marks)].map(filter);
    this.next = button("Next open", { press: () => this.step(1), title: "n" });
    this.previous = button("Previous", { press: () => this.step(-1), title: "p", name: "chevron", only: true, kind: "quiet prd-back" });
    this.shown = h("span", { class: "heph-soft prd-shown", role: "status" });
    this.frame.bar.append(h("div", { class: "prd-filters", role: "group", "aria-label": "Requirements by how far they are" }, this.filters.map((f) => f.el)), this.shown, this.previous, this.next);
  }

  update(changed) {
    const fresh = changed.requirements && [...changed.requirements].some((id) => !this.chips.has(id));
    if (changed.whole || fresh) this.place();
    if (changed.whole || changed.requirements) this.paint();
    this.detail.update(changed);
  }

  /** Put the requirements to the lines of the text: what stands there, and a chip where each place begins. */
  place() {
    const { document } = this.store.facts;
    if (this.shows !== document) {
      this.shows = document;
      this.doc.innerHTML = document; // made by the kernel, with everything escaped
    }
    this.doc.querySelectorAll(".prd-chips").forEach((el) => el.remove());
    this.leaves = [...this.doc.querySelectorAll("[data-lines]")].map((el) => {
      const [first, last] = el.dataset.lines.split("-").map(Number);
      return { el, first, last, ids: new Set() };
    });
    this.chips = new Map();
    const begins = new Map();
    for (const { id, lines } of this.requirements.values()) {
      this.chips.set(id, []);
      for (const [first, last] of lines) {
        const at = this.leaves.filter((leaf) => leaf.first <= last && leaf.last >= first);
        if (!at.length && this.leaves.length) at.push(this.leaves.findLast((leaf) => leaf.first <= first) ?? this.leaves[0]);
        for (const leaf of at) leaf.ids.add(id);
        if (at.length) begins.set(at[0], [...(begins.get(at[0]) ?? []), id]);
      }
    }
    for (const leaf of this.leaves) if (begins.has(leaf)) this.gutter(leaf, [...new Set(begins.get(leaf))]);
    this.order = [...this.doc.querySelectorAll(".prd-chip")];
    if (!this.order.some((chip) => chip.dataset.requirement === this.current)) this.current = this.order[0]?.dataset.requirement ?? null;
  }

  gutter({ el }, ids) {
    const chips = h("span", { class: "prd-chips" }, ids.map((id) => {
      const chip = h("button", { type: "button", class: "prd-chip", tabindex: "-1", data: { requirement: id }, "aria-describedby": this.help.id });
      this.chips.get(id).push(chip);
      return chip;
    }));
    const home = el.matches("tr") ? el.firstElementChild ?? el : el, block = el.closest("p, li, td, pre");
    home.prepend(chips);
    if (block?.matches("p, li") && block.querySelectorAll(":scope > [data-lines] > .prd-chips").length > 1) block.classList.add("prd-broken");
    if (ids.length > 2) (block ?? el).style.minHeight = `${Math.ceil(ids.length / 2) * 21 + 8}px`; // chips stand in twos
  }

  fits({ status, mark }) {
    return this.filter.size === 0 || this.filter.has(status) || this.filter.has(mark);
  }

  paint() {
    const counts = new Map(), { ladder } = this.store.facts;
    const all = [...this.requirements.values()];
    for (const { status, mark } of all) for (const word of [status, mark]) if (word) counts.set(word, (counts.get(word) ?? 0) + 1);
    for (const { word, el, count } of this.filters) {
      count.textContent = String(counts.get(word) ?? 0);
      el.hidden = !ladder.includes(word) && !counts.get(word) && !this.filter.has(word);
    }
    this.meter.replaceChildren(...[...ladder].reverse().filter((word) => counts.get(word)).map((word) => h("i", { class: `prd-part ${word}`, style: `flex-grow:${counts.get(word)}` })));
    for (const leaf of this.leaves) {
      const told = [...leaf.ids].map((id) => this.requirements.get(id)), shown = told.filter((one) => this.fits(one));
      const lowest = shown.sort((a, b) => ladder.indexOf(a.status) - ladder.indexOf(b.status))[0];
      const kind = lowest ? `prd-at ${lowest.status} ${lowest.mark ?? ""}` : "";
      leaf.el.className = `${kind} ${leaf.ids.has(this.selected) ? "chosen" : ""}`.trim();
    }
    for (const [id, chips] of this.chips) {
      const one = this.requirements.get(id), known = JSON.stringify([one.status, one.mark, this.fits(one), this.selected === id]);
      for (const [n, chip] of chips.entries()) {
        if (chip.known === known) continue;
        chip.known = known;
        chip.className = `prd-chip prd-word ${one.status} ${one.mark ?? ""} ${this.fits(one) ? "" : "off"}`;
        chip.setAttribute("aria-label", `${id}, ${standingText(one)}${n ? ", again" : ""}`);
        chip.toggleAttribute("aria-current", this.selected === id);
        chip.title = `${id}: ${standingText(one)}`;
        chip.replaceChildren(...requirementFace(one));
      }
    }
    const fitting = all.filter((one) => this.fits(one)).length;
    this.shown.textContent = this.filter.size ? `${fitting} of ${plural(all.length, "requirement")}` : plural(all.length, "requirement");
    this.next.lastElementChild.textContent = this.filter.size ? "Next" : "Next open";
    this.roving();
  }

  roving() {
    let given = false;
    for (const chip of this.order) {
      const here = !given && chip.dataset.requirement === this.current;
      chip.tabIndex = here ? 0 : -1;
      given ||= here;
    }
    this.scroll.tabIndex = this.order.length ? -1 : 0;
  }

  select(id) {
    this.selected = id;
    this.paint();
  }

  click(event) {
    const chip = event.target.closest(".prd-chip"), leaf = event.target.closest("[data-lines]");
    if (event.target.closest("a") || (!chip && getSelection()?.toString())) return;
    const id = chip?.dataset.requirement ?? [...(this.leaves.find((one) => one.el === leaf)?.ids ?? [])][0];
    if (!id) return;
    this.current = id;
    this.steady(chip ?? leaf, () => this.detail.open(id));
  }

  /** Do what changes the width of the text, and keep an element where it is seen. */
  steady(el, change) {
    const before = el.getBoundingClientRect().top;
    change();
    this.scroll.scrollTop += el.getBoundingClientRect().top - before;
  }

  focus(id, chip = this.chips.get(id)?.[0]) {
    this.current = id;
    this.roving();
    chip?.scrollIntoView({ block: "nearest" });
    chip?.focus({ preventScroll: true });
    const box = chip?.getBoundingClientRect(), frame = this.scroll.getBoundingClientRect();
    if (box && (box.top < frame.top + 60 || box.bottom > frame.bottom - 60)) this.scroll.scrollTop += box.top - frame.top - frame.height / 3;
  }

  /** Go to the next requirement, in the order of the text, that fits the filter; without one, that is open. */
  step(way) {
    const wanted = (id) => {
      const one = this.requirements.get(id);
      return this.filter.size ? this.fits(one) : one.status === "open" && one.mark !== "dropped";
    };
    const at = this.order.indexOf(this.doc.querySelector(".prd-chip:focus") ?? this.chips.get(this.current)?.[0]), n = this.order.length;
    const begun = this.doc.contains(document.activeElement) || this.stepped;
    for (let i = begun ? 1 : 0; i <= n; i++) {
      const chip = this.order[(at + way * i + n * 2) % n];
      if (chip && wanted(chip.dataset.requirement)) {
        this.stepped = true;
        this.focus(chip.dataset.requirement, chip);
        if (this.selected) this.steady(chip, () => this.detail.open(chip.dataset.requirement, false)); // an open panel follows
        return;
      }
    }
    this.frame.say(this.filter.size ? "No requirement fits the filter." : "No requirement is open.");
  }

  key(event) {
    if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    const chip = event.target.closest(".prd-chip"), at = this.order.indexOf(chip);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: this.order.length - 1 }[event.key];
    if (event.key === "n" || event.key === "p") this.step(event.key === "n" ? 1 : -1);
    else if (chip && to !== undefined) {
      const next = this.order[Math.max(0, Math.min(this.order.length - 1, to))];
      this.focus(next.dataset.requirement, next);
    } else return;
    event.preventDefault();
  }
}

export default {
  render({ model, el, signal }) {
    const frame = new Frame(model, el, "prd", "PRD", signal);
    const prd = new Prd(frame, signal);
    frame.store.watch(prd, signal);
  },
};
