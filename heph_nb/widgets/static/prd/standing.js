// How far a requirement is: a circle that fills step by step, its word, and a person's word beside it.

Object.assign(ICONS, {
  open: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z",
  specified: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z",
  implemented: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z",
  verified: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM5.3 8.2l2 2 3.6-4.2",
  unclear: "M6 6.2a2.1 2.1 0 1 1 3 1.9C8.2 8.5 8 9 8 9.6M8 12v.1",
  accepted: "M5 7.5l2.5 2.5L13 4M3 13h10",
  disputed: "M8 3.5v6M8 12.3v.1",
  dropped: "M3.5 8h9",
});
const FILLED = { specified: "M8 8V4.6A3.4 3.4 0 0 1 10.9 9.7z", implemented: "M8 8V4.6A3.4 3.4 0 1 1 5.1 9.7z" };

/** Return the icon of a status or a mark. */
function standingIcon(word) {
  const svg = icon(word);
  if (FILLED[word]) {
    const sector = svg.firstChild.cloneNode();
    sector.setAttribute("d", FILLED[word]);
    sector.setAttribute("fill", "currentColor");
    svg.append(sector);
  }
  return svg;
}

/** Return the small button that stands for a requirement: its id, how far it is, and what a person says of it. */
function requirementFace(requirement) {
  const { id, status, mark } = requirement;
  return [standingIcon(status), h("span", { text: id }), mark ? h("span", { class: "prd-mark", title: mark }, icon(mark)) : null].filter(Boolean);
}

function standingText({ status, mark }) {
  return mark ? `${status}, marked ${mark}` : status;
}

function placesText(lines) {
  const spans = lines.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`));
  return `PRD line ${spans.join(", ")}`;
}
