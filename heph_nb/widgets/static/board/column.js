// A column of the board, which draws only the cards one sees.

const CARD = 88; // pixels from one card to the next; every card has the same height
const SPARE = 4; // cards drawn above and below what is seen

class Column {
  constructor(board, name) {
    this.board = board;
    this.name = name;
    this.tickets = [];
    this.cards = new Map();
    this.count = h("span", { class: "heph-chip" });
    this.space = h("div", { class: "board-space" });
    this.scroll = h("div", { class: "board-scroll", role: "list", "aria-label": words(name), on: { scroll: () => this.later() } }, this.space);
    this.el = h("div", { class: "board-column", data: { column: name } },
      h("div", { class: "board-column-head" }, h("span", { text: words(name) }), this.count), this.scroll);
    this.el.addEventListener("dragover", (event) => {
      event.preventDefault();
      this.el.classList.add("over");
    });
    this.el.addEventListener("dragleave", (event) => {
      if (!this.el.contains(event.relatedTarget)) this.el.classList.remove("over");
    });
    this.el.addEventListener("drop", (event) => {
      event.preventDefault();
      this.el.classList.remove("over");
      board.move(event.dataTransfer.getData("text/plain"), name);
    });
  }

  set(tickets) {
    this.tickets = tickets;
    this.el.classList.toggle("empty", tickets.length === 0);
    this.count.textContent = tickets.length.toLocaleString("en");
    this.space.style.height = `${tickets.length * CARD}px`;
    this.draw();
  }

  later() {
    this.drawing ??= requestAnimationFrame(() => {
      this.drawing = null;
      this.draw();
    });
  }

  /** Draw the cards that can be seen, and keep the elements of those that were there. */
  draw(touched = null) {
    const height = this.scroll.clientHeight || 480;
    const first = Math.max(0, Math.floor(this.scroll.scrollTop / CARD) - SPARE);
    const last = Math.min(this.tickets.length, Math.ceil((this.scroll.scrollTop + height) / CARD) + SPARE);
    const wanted = new Map();
    for (let i = first; i < last; i++) wanted.set(this.tickets[i].id, i);
    for (const [id, card] of this.cards) {
      if (!wanted.has(id) && id !== this.board.dragged) {
        card.remove();
        this.cards.delete(id);
      }
    }
    for (const [id, i] of wanted) {
      let card = this.cards.get(id);
      if (!card) {
        card = this.board.card(id);
        this.cards.set(id, card);
        this.space.append(card);
      } else if (touched === null || touched.has(id)) {
        this.board.fill(card, id);
      }
      card.style.transform = `translateY(${i * CARD}px)`;
      card.setAttribute("aria-posinset", String(i + 1));
      card.setAttribute("aria-setsize", String(this.tickets.length));
    }
  }

  /** Scroll so that a ticket is seen, draw it, and return its card. */
  reveal(id) {
    const i = this.tickets.findIndex((ticket) => ticket.id === id);
    if (i < 0) return null;
    const top = i * CARD, height = this.scroll.clientHeight;
    if (top < this.scroll.scrollTop) this.scroll.scrollTop = top;
    else if (top + CARD > this.scroll.scrollTop + height) this.scroll.scrollTop = top + CARD - height;
    this.draw();
    return this.cards.get(id);
  }
}
