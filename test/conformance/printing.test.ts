import { expect, test } from "vitest";
import { decode, readText } from "./support";

const records: { tensor: any; text: string }[] = JSON.parse(readText("print.json.gz"));

test.each(records.map((r, i) => [i, r] as const))("text %i is PyTorch's", (_, { tensor, text }) => {
  expect(String(decode(tensor))).toBe(text);
});
