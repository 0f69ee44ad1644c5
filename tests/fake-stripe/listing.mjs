// Lists and expansions, the same for every kind of object.
import { invalid } from "./errors.mjs";

/** Each field that holds an id, and the kind of object that it names. */
const EXPANDABLE = { payment_intent: "intents", latest_charge: "charges", charge: "charges" };

const COMPARISONS = {
  gt: (a, b) => a > b,
  gte: (a, b) => a >= b,
  lt: (a, b) => a < b,
  lte: (a, b) => a <= b,
};

/**
 * One page, newest first.
 *
 * @param {import("./server.mjs").World} world
 * @param {import("./books.mjs").Kind} kind
 * @param {import("./form.mjs").Params} params
 * @param {string} url
 * @param {readonly string[]} filters the fields that a caller may ask to equal something
 */
export function listPage(world, kind, params, url, filters) {
  let found = world.books.all(kind).reverse();
  for (const field of filters) {
    const wanted = params.text(field);
    if (wanted !== null) found = found.filter((object) => object[field] === wanted);
  }
  found = createdWithin(found, params);
  const limit = params.integer("limit") ?? 10;
  if (limit < 1 || limit > 100) throw invalid("Invalid limit: must be from 1 to 100", "limit");
  const [after, before] = [params.text("starting_after"), params.text("ending_before")];
  params.end();
  if (after !== null) found = found.slice(indexOf(world, kind, found, after, "starting_after") + 1);
  let rest = found.length > limit;
  let page = found.slice(0, limit);
  if (before !== null) {
    const end = indexOf(world, kind, found, before, "ending_before");
    [page, rest] = [found.slice(Math.max(0, end - limit), end), end > limit];
  }
  return { object: "list", data: page, has_more: rest, url };
}

function createdWithin(objects, params) {
  if (!params.has("created")) return objects;
  const range = params.inside("created");
  const tests = Object.entries(COMPARISONS).filter(([name]) => range.has(name));
  const bounds = tests.map(([name, compare]) => [compare, range.integer(name)]);
  range.end();
  return objects.filter(({ created }) =>
    bounds.every(([compare, bound]) => compare(created, bound)),
  );
}

function indexOf(world, kind, found, id, param) {
  const index = found.indexOf(world.books.load(kind, id, param));
  if (index < 0) throw invalid(`${id} is not in this list`, param);
  return index;
}

/**
 * A copy in which some ids are replaced by what they name.
 *
 * @param {import("./server.mjs").World} world
 * @param {any} object
 * @param {string[]} paths like `payment_intent.latest_charge`; those of a list begin with `data.`
 */
export function expand(world, object, paths) {
  const copy = structuredClone(object);
  for (const path of paths) expandPath(world, copy, String(path).split("."));
  return copy;
}

function expandPath(world, object, [field, ...rest]) {
  if (object.object === "list" && field === "data") {
    object.data.forEach((item) => expandPath(world, item, rest));
    return;
  }
  const kind = EXPANDABLE[field];
  if (kind === undefined || !(field in object)) {
    throw invalid(`This property cannot be expanded (${field}).`, "expand");
  }
  if (typeof object[field] === "string")
    object[field] = { ...world.books.load(kind, object[field]) };
  if (rest.length > 0 && object[field] !== null) expandPath(world, object[field], rest);
}
