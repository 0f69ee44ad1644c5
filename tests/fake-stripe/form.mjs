// Form-encoded parameters with brackets, as Stripe's API takes them: `line_items[0][price_data][currency]=usd`.
import { invalid } from "./errors.mjs";

/**
 * Nested parameters. A list is an object with the indices as names, and `[]` appends to one.
 *
 * @param {string} text
 */
export function parseForm(text) {
  const root = Object.create(null);
  for (const [key, value] of new URLSearchParams(text)) {
    const names = key.split("[").map((part) => part.replace(/\]$/, ""));
    let node = root;
    for (const name of names.slice(0, -1)) {
      const next = node[nameIn(node, name)] ?? Object.create(null);
      if (typeof next !== "object") throw invalid(`Invalid parameter: ${key}`, key);
      node[nameIn(node, name)] = next;
      node = next;
    }
    node[nameIn(node, names.at(-1))] = value;
  }
  return root;
}

const nameIn = (node, name) => (name === "" ? String(Object.keys(node).length) : name);

/** Parameters of one call; reading one notes it, so that those never read can be refused. */
export class Params {
  #values;
  #path;
  #known = new Set(["expand"]);

  constructor(values, path = "") {
    this.#values = values ?? Object.create(null);
    this.#path = path;
    if (typeof this.#values !== "object") throw invalid(`Invalid object`, path);
  }

  #name(name) {
    return this.#path ? `${this.#path}[${name}]` : name;
  }

  #read(name) {
    this.#known.add(name);
    const value = this.#values[name];
    return value === "" ? undefined : value;
  }

  #required(name) {
    const full = this.#name(name);
    throw invalid(`Missing required param: ${full}.`, full, "parameter_missing");
  }

  has(name) {
    return this.#read(name) !== undefined;
  }

  text(name) {
    const value = this.#read(name);
    if (typeof value === "object") throw invalid(`Invalid string`, this.#name(name));
    return value ?? null;
  }

  requiredText(name) {
    return this.text(name) ?? this.#required(name);
  }

  oneOf(name, values) {
    const value = this.text(name);
    if (value === null || values.includes(value)) return value;
    throw invalid(
      `Invalid ${this.#name(name)}: must be one of ${values.join(", ")}`,
      this.#name(name),
    );
  }

  integer(name) {
    const value = this.text(name);
    if (value === null) return null;
    if (/^-?\d{1,15}$/.test(value)) return Number(value);
    throw invalid(`Invalid integer: ${value}`, this.#name(name), "parameter_invalid_integer");
  }

  requiredInteger(name) {
    return this.integer(name) ?? this.#required(name);
  }

  flag(name) {
    return this.oneOf(name, ["true", "false"]) === "true";
  }

  /** The parameters below a name; empty ones where there are none. */
  inside(name) {
    return new Params(this.#read(name), this.#name(name));
  }

  list(name) {
    const values = this.#read(name) ?? {};
    return Object.keys(values).map((index) => {
      const path = `${this.#name(name)}[${index}]`;
      return typeof values[index] === "object" ? new Params(values[index], path) : values[index];
    });
  }

  /** Up to 50 pairs of strings. */
  metadata(name = "metadata") {
    const pairs = Object.entries(this.#read(name) ?? {});
    for (const [key, value] of pairs) {
      const isGood = typeof value === "string" && key.length <= 40 && value.length <= 500;
      if (!isGood || pairs.length > 50) throw invalid("Invalid metadata", this.#name(name));
    }
    return Object.fromEntries(pairs);
  }

  /** Refuses what nothing has read. */
  end() {
    const unknown = Object.keys(this.#values).find((name) => !this.#known.has(name));
    if (unknown === undefined) return;
    const full = this.#name(unknown);
    throw invalid(`Received unknown parameter: ${full}`, full, "parameter_unknown");
  }
}
