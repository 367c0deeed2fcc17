// Something that is read when a person asks to see it, and stays open while what is around it changes.

class Reveals {
  /** `again` is called when what is shown has changed. */
  constructor(again) {
    this.again = again;
    this.shown = new Map();
  }

  clear() {
    this.shown.clear();
  }

  /** Return the button that opens `key` and closes it again; `read` returns a promise of what is shown. */
  button(key, label, about, read) {
    return button(label, { name: "chevron", kind: "quiet", "aria-expanded": String(this.shown.has(key)), "aria-label": `${label} of ${about}`, press: async () => {
      if (!this.shown.delete(key)) {
        const waiting = h("p", { class: "heph-soft", text: "Reading …" });
        this.shown.set(key, waiting);
        this.again();
        const el = await read().catch((error) => h("p", { class: "task-reason", role: "alert", text: error.message }));
        if (this.shown.get(key) === waiting) this.shown.set(key, el);
      }
      this.again();
    } });
  }

  /** Return what was opened for `key`, or null. */
  of(key) {
    return this.shown.get(key) ?? null;
  }
}
