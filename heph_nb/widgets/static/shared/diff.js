// A unified diff, file by file; the lines of a file are made when it is opened.

const MOST_LINES = 1500; // of one file; the rest is in the diff itself

/** Return an element that shows a unified diff; files are folded when there are many. */
function showDiff(text) {
  const root = h("div", { class: "diff" }), files = [];
  let file = null, head = true; // a removed "-- x" looks like the head of a file, but for its place
  for (const line of text.split("\n")) {
    if (line.startsWith("diff --git ")) {
      file = { name: line.replace(/^diff --git a\/.* b\//, ""), lines: [] };
      files.push(file);
      head = true;
    } else if (file === null) {
      if (line.trim()) root.append(h("p", { class: "heph-soft", text: line }));
    } else if (!head || !/^(index |--- |\+\+\+ |new file|deleted file|similarity |old mode|new mode)/.test(line)) {
      head = head && !line.startsWith("@@");
      file.lines.push(line);
    }
  }
  root.append(...files.map((one) => showFile(one, files.length <= 3)));
  return root;
}

function showFile({ name, lines }, open) {
  const place = h("div", { class: "diff-lines", tabindex: "0", role: "group", "aria-label": `Changes in ${name}` });
  const count = (sign) => lines.filter((line) => line[0] === sign).length;
  const file = h("details", { class: "diff-file" }, h("summary", { class: "heph-mono" }, h("span", { text: name }),
    h("span", { class: "diff-amount" }, h("span", { class: "diff-plus", text: `+${count("+")}` }), " ", h("span", { class: "diff-minus", text: `−${count("-")}` }))), place);
  file.addEventListener("toggle", () => {
    if (!file.open || place.childElementCount) return;
    place.append(...lines.slice(0, MOST_LINES).map((line) => {
      const kind = { "+": "added", "-": "removed", "@": "place" }[line[0]] ?? "";
      return h("div", { class: `diff-line ${kind}`, text: line || " " });
    }));
    if (lines.length > MOST_LINES) place.append(h("div", { class: "diff-line place", text: `… ${plural(lines.length - MOST_LINES, "more line")}` }));
  });
  file.open = open;
  return file;
}

/** Return an element that shows what `run.diff` says: its sentences, then its text. */
function showWork({ said, text }) {
  return h("div", {}, said.map((line) => h("p", { class: "heph-soft", text: line })), showDiff(text));
}
