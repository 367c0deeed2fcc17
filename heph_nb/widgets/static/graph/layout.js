// Where each task stands: a lane for each phase, a row for each task. A task that has a place keeps it, so that nothing
// jumps while tasks arrive: a new one takes the first free row at or below the one that created it.

const FOLD = 24; // siblings in one lane that are shown; the rest waits behind one line
const LEAST = 4; // fewer than these are not worth a fold

class Layout {
  constructor() {
    this.open = new Set(); // folds that a person opened
    this.shut = new Set(); // tasks whose descendants a person put away
    this.clear();
  }

  clear() {
    this.places = new Map(); // id of a task, or key of a fold -> {id, lane, row, parent, order}
    this.lanes = []; // {number, rows: [id], next: row -> a later one, where the row is taken}
    this.shown = new Map(); // group of siblings -> how many of them have a place
    this.folds = new Map(); // group of siblings -> ids of those without
    this.away = new Set(); // tasks that are in a fold, or below one, or were put away
  }

  /** Give places to the tasks of a list, older ones first; `wanted` holds the ids to be seen (null: all, folded). */
  place(tasks, phases, wanted = null) {
    for (const phase of phases) this.lane(phase.number);
    const sizes = new Map();
    if (wanted === null) for (const task of tasks) sizes.set(this.group(task), (sizes.get(this.group(task)) ?? 0) + 1);
    for (const task of tasks) {
      if (this.places.has(task.id) || this.away.has(task.id)) continue;
      if (wanted === null) this.add(task, sizes.get(this.group(task)));
      else if (wanted.has(task.id)) this.put(task.id, task);
    }
  }

  add(task, siblings) {
    const group = this.group(task), shown = this.shown.get(group) ?? 0;
    if (this.shut.has(task.parent_task_id) || this.away.has(task.parent_task_id)) {
      this.away.add(task.id);
    } else if (siblings > FOLD + LEAST && shown >= FOLD && !this.open.has(group)) {
      this.away.add(task.id);
      if (!this.folds.has(group)) {
        this.folds.set(group, []);
        this.put(group, task);
      }
      this.folds.get(group).push(task.id);
    } else {
      this.shown.set(group, shown + 1);
      this.put(task.id, task);
    }
  }

  put(id, task) {
    const lane = this.lane(task.phase), parent = this.places.get(task.parent_task_id);
    const row = this.firstFree(lane, parent ? parent.row + (parent.lane === lane ? 1 : 0) : 0);
    lane.rows[row] = id;
    this.places.set(id, { id, lane, row, parent: parent?.id, order: this.places.size });
  }

  group(task) {
    return `${task.parent_task_id ?? ""} ${task.phase}`;
  }

  lane(number) {
    let lane = this.lanes.find((one) => one.number === number);
    if (!lane) {
      lane = { number, rows: [], next: new Map() };
      this.lanes.push(lane);
      this.lanes.sort((a, b) => a.number - b.number);
    }
    return lane;
  }

  firstFree(lane, row) {
    const passed = [];
    while (lane.rows[row] !== undefined) {
      passed.push(row);
      row = lane.next.get(row) ?? row + 1;
    }
    for (const one of passed) lane.next.set(one, row);
    return row;
  }

  get height() {
    return Math.max(0, ...this.lanes.map((lane) => lane.rows.length));
  }
}
