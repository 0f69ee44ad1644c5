/**
 * The JSON objects of a log: one a line, as the Worker writes them, or printed over many lines, as `wrangler tail` does.
 * Lines of plain text may stand between them.
 */

export class ValueReader {
  /** @type {unknown[]} */
  values = [];
  /** The end of what came, as long as no line break did. */
  #rest = "";
  /** What there is of an object, and how many brackets are open in it. */
  #open = "";
  #depth = 0;
  #isInString = false;

  /** @param {string} text as it comes, cut anywhere */
  push(text) {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#readLine(line);
  }

  /** After the last text. */
  end() {
    this.#readLine(this.#rest);
    this.#rest = "";
  }

  /** @param {string} line */
  #readLine(line) {
    // Members of an object are indented where lines are broken, so one that never ended loses itself only.
    if (line.startsWith("{")) this.#close();
    let start = 0;
    for (let at = 0; at < line.length; at += 1) {
      const char = line[at] ?? "";
      if (this.#isInString) {
        if (char === "\\") at += 1;
        else if (char === '"') this.#isInString = false;
      } else if (this.#depth === 0) {
        if (char === "{") [start, this.#depth] = [at, 1];
        else if (char.trim() !== "") return;
      } else if (char === '"') {
        this.#isInString = true;
      } else if (char === "{" || char === "[") {
        this.#depth += 1;
      } else if (char === "}" || char === "]") {
        this.#depth -= 1;
        if (this.#depth === 0) this.#take(this.#open + line.slice(start, at + 1));
      }
    }
    // No string of JSON goes on in the next line.
    if (this.#isInString) this.#close();
    else if (this.#depth > 0) this.#open += `${line.slice(start)}\n`;
  }

  #close() {
    this.#open = "";
    this.#depth = 0;
    this.#isInString = false;
  }

  /** @param {string} text */
  #take(text) {
    this.#close();
    try {
      this.values.push(JSON.parse(text));
    } catch {
      // It only looked like one.
    }
  }
}
