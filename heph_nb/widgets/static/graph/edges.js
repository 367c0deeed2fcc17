// The edges between tasks: for each task a trunk in the gutter beside its lane, and from it a turn to each one it created.

/** Whether the edge into a place leads back to an earlier phase. */
function leadsBack({ layout: { places } }, place) {
  return places.get(place.parent)?.lane.number > place.lane.number;
}

/** Return the path of all edges into the places that `takes` accepts, as far as they can be seen. */
function lines(graph, takes) {
  const { places, lanes } = graph.layout, [first, last] = graph.range, trunks = new Map();
  for (const place of places.values()) {
    const parent = places.get(place.parent);
    if (!parent || !takes(place) || Math.max(place.row, parent.row) < first || Math.min(place.row, parent.row) > last) continue;
    const key = `${parent.id} ${place.lane.number}`;
    if (!trunks.has(key)) trunks.set(key, { parent, lane: place.lane, rows: [] });
    trunks.get(key).rows.push(place.row);
  }
  let d = "";
  for (const trunk of trunks.values()) d += drawTrunk(graph, trunk, lanes, first - 1, last + 1);
  return d;
}

function drawTrunk(graph, { parent, lane, rows }, lanes, first, last) {
  const { pitch, width } = graph, middle = (row) => row * pitch + pitch / 2 - 3;
  const from = lanes.indexOf(parent.lane), to = lanes.indexOf(lane), back = to < from, own = to === from;
  const track = (parent.order % 5) * 5; // trunks of several tasks lie side by side
  const begin = graph.left(parent.lane) + (back || own ? 0 : width);
  const x = own ? begin - 8 - (parent.order % 3) * 4 : back ? graph.left(lane) + width + 12 + track : graph.left(lane) - GUTTER + 12 + track;
  const end = back ? graph.left(lane) + width : graph.left(lane);
  const y = middle(parent.row), out = Math.sign(x - begin), on = Math.sign(end - x);
  let d = back ? rows.map((row) => `M${end + 5} ${middle(row) - 4}L${end} ${middle(row)}L${end + 5} ${middle(row) + 4}`).join("") : "";
  const below = rows.filter((row) => row > parent.row), above = rows.filter((row) => row < parent.row);
  if (rows.includes(parent.row)) d += `M${begin} ${y}H${end}`;
  for (const [side, way] of [[below, 1], [above, -1]]) {
    if (!side.length) continue;
    const far = way > 0 ? Math.min(Math.max(...side), last) : Math.max(Math.min(...side), first);
    d += `M${begin} ${y}H${x - out * TURN}Q${x} ${y} ${x} ${y + way * TURN}V${middle(far) - way * TURN}`;
    for (const row of side) if (row >= first && row <= last) d += `M${x} ${middle(row) - way * TURN}Q${x} ${middle(row)} ${x + on * TURN} ${middle(row)}H${end}`;
  }
  return d;
}
