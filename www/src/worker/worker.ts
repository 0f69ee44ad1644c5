/** The dedicated worker's entry. */
import { expose } from "comlink";
import { Backend } from "./backend.js";

expose(new Backend());
