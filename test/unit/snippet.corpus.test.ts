import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import { expect, test } from "vitest";
import { instrument } from "../../src/snippet";

const root = fileURLToPath(new URL("../../", import.meta.url));
const files = ["src", "test/unit", "examples"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /(?<!\.d)\.ts$/.test(name))
    .map((name) => join(folder, name)),
);

test.each(files)("%s becomes JavaScript on the same lines", (file) => {
  const text = readFileSync(join(root, file), "utf8");
  const { code, names } = instrument(text, { path: file });
  new Script(`(async function(${names.capture}){"use strict";${code}})`, { filename: file });
  expect(code.split("\n").length).toBe(text.split("\n").length + 1);
});
