/** Layers whose memory is to be written by somebody else. */
import { RuntimeError } from "../../errors";
import { fork_rng } from "../../random";
import { Module } from "../module";

/** A module made without drawing its initial numbers. Throws RuntimeError for a class that is no Module. */
export function skip_init<A extends unknown[], M extends Module>(module_cls: new (...args: A) => M, ...args: A): M {
  if (!(module_cls.prototype instanceof Module)) throw new RuntimeError(`Expected a Module; got ${module_cls}`);
  return fork_rng(() => new module_cls(...args)).to_empty({ device: "cpu" });
}
