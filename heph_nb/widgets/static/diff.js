// A unified diff, file by file.

/** Return an element that shows a unified diff; files are folded when there are many. */
function showDiff(text) {
  const root = h("div", { class: "diff" });
  let lines = null, file = null, head = true; // a removed "-- x" looks like the head of a file, but for its place
  const begin = (name) => {
    lines = h("div", { class: "diff-lines", tabindex: "0", "aria-label": `Changes in ${name}` });
    file = h("details", { class: "diff-file" }, h("summary", { class: "heph-mono", text: name }), lines);
    root.append(file);
    head = true;
  };
  for (const line of text.split("\n")) {
    if (line.startsWith("diff --git ")) {
      begin(line.replace(/^diff --git a\/.* b\//, ""));
    } else if (lines === null) {
      if (line.trim()) root.append(h("p", { class: "heph-soft", text: line }));
    } else if (!head || !/^(index |--- |\+\+\+ |new file|deleted file|similarity |old mode|new mode)/.test(line)) {
      head = head && !line.startsWith("@@");
      const kind = { "+": "added", "-": "removed", "@": "place" }[line[0]] ?? "";
      lines.append(h("div", { class: `diff-line ${kind}`, text: line || " " }));
    }
  }
  const files = root.querySelectorAll("details");
  for (const one of files) one.open = files.length <= 3;
  return root;
}
