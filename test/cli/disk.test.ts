import fs, {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { diskAt } from "../../src/disk.ts";
import { folder, tree } from "./helpers.ts";

describe("reading", () => {
  test("a missing file is named, with a similar one as the hint", () => {
    const disk = diskAt(folder({ "digits.csv": "" }));
    expect(() => disk.readText("digit.csv")).toThrow(
      'there is no file "digit.csv"\n  hint: did you mean "digits.csv"?',
    );
    expect(() => disk.readText("no/where.csv")).toThrow(
      'there is no file "no/where.csv"\n  hint: the directory "no" does not exist either',
    );
  });

  test("a directory is not a file", () => {
    expect(() => diskAt(folder({ "a/b.txt": "" })).readBytes("a")).toThrow(
      '"a" is a directory; a file is expected',
    );
  });

  test.skipIf(process.getuid?.() === 0)("a file without permission", () => {
    const path = folder({ "secret.csv": "x" });
    chmodSync(join(path, "secret.csv"), 0);
    expect(() => diskAt(path).readText("secret.csv")).toThrow('no permission to read "secret.csv"');
  });

  test("a byte order mark is no part of the text", () => {
    expect(diskAt(folder({ "a.txt": "\uFEFFa" })).readText("a.txt")).toBe("a");
  });
});

describe("writing", () => {
  test("creates directories, reports changes, and leaves unchanged files alone", () => {
    const path = folder({ "a.txt": "one" });
    const disk = diskAt(path);
    utimesSync(join(path, "a.txt"), 1, 1);
    const written = disk.writeAtomically([
      { path: "a.txt", content: "one" },
      { path: "x/y/b.bin", content: new Uint8Array([1, 2]) },
    ]);
    expect(written).toEqual([
      { path: "a.txt", changed: false },
      { path: "x/y/b.bin", changed: true },
    ]);
    expect(statSync(join(path, "a.txt")).mtimeMs).toBe(1000);
    expect([...readFileSync(join(path, "x/y/b.bin"))]).toEqual([1, 2]);
    expect(tree(path)).toEqual(["a.txt", "x/y/b.bin"]);
  });

  test("a failure in the middle touches nothing", () => {
    const path = folder({ "a.txt": "old", file: "" });
    const disk = diskAt(path);
    const files = [
      { path: "a.txt", content: "new" },
      { path: "fresh/b.txt", content: "new" },
      { path: "file/c.txt", content: "new" },
    ];
    expect(() => disk.writeAtomically(files)).toThrow(
      'a part of the path "file/c.txt" is a file, not a directory',
    );
    expect(readFileSync(join(path, "a.txt"), "utf8")).toBe("old");
    expect(tree(path)).toEqual(["a.txt", "file"]);
  });

  test("whether files can be written is told beforehand, and nothing stays of the trial", () => {
    const path = folder({ "a.txt": "old", file: "", "folder/b.txt": "" });
    const disk = diskAt(path);
    disk.checkWritable(["a.txt", "x/y/b.bin", "x/y/c.bin", "new.txt"]);
    expect(() => disk.checkWritable(["fresh/b.txt", "file/c.txt"])).toThrow(
      'a part of the path "file/c.txt" is a file, not a directory',
    );
    expect(() => disk.checkWritable(["folder"])).toThrow('"folder" is a directory; a file is expected');
    expect(tree(path)).toEqual(["a.txt", "file", "folder/b.txt"]);
    expect(readdirSync(path).sort()).toEqual(["a.txt", "file", "folder"]);
    expect(readFileSync(join(path, "a.txt"), "utf8")).toBe("old");
  });

  test("folders are removed again only where nobody else has put a file meanwhile", () => {
    const path = folder({ file: "" });
    const disk = diskAt(path);
    const theirs = (name: string): void => writeFileSync(join(path, name), "theirs");
    const late = {
      path: "file/c.txt",
      get content() {
        theirs("fresh/theirs.txt");
        return "new";
      },
    };
    expect(() => disk.writeAtomically([{ path: "fresh/deep/b.txt", content: "new" }, late])).toThrow("not a directory"); // prettier-ignore
    expect(tree(path)).toEqual(["file", "fresh/theirs.txt"]);
    expect(readdirSync(join(path, "fresh"))).toEqual(["theirs.txt"]);

    const { writeFileSync: write } = fs;
    fs.writeFileSync = (...args: Parameters<typeof write>) => {
      write(...args);
      write(join(path, "x/theirs.txt"), "theirs");
    };
    syncBuiltinESMExports();
    try {
      disk.checkWritable(["x/y/b.bin"]);
    } finally {
      fs.writeFileSync = write;
      syncBuiltinESMExports();
    }
    expect(tree(path)).toEqual(["file", "fresh/theirs.txt", "x/theirs.txt"]);
    expect(readdirSync(join(path, "x"))).toEqual(["theirs.txt"]);
  });

  test.skipIf(process.platform === "win32")("a device is not replaced by a file", () => {
    const path = folder({});
    const disk = diskAt(path);
    symlinkSync("/dev/null", join(path, "log"));
    const sentence = '"log" is a device or a pipe; a file is expected';
    expect(() => disk.checkWritable(["log"])).toThrow(sentence);
    expect(() => disk.writeAtomically([{ path: "a.txt", content: "new" }, { path: "log", content: "new" }])).toThrow(sentence); // prettier-ignore
    expect(readdirSync(path)).toEqual(["log"]);
    expect(statSync(join(path, "log")).isCharacterDevice()).toBe(true);
  });

  test("what is out of date is removed last, and comes back where that fails", () => {
    const path = folder({ "a.txt": "old", "b.txt": "old" });
    const disk = diskAt(path);
    mkdirSync(join(path, "c"));
    const files = [{ path: "a.txt", content: "new" }];
    expect(() => disk.writeAtomically(files, ["b.txt", "c"])).toThrow('"c" is a directory');
    expect(["a.txt", "b.txt"].map(disk.readText)).toEqual(["old", "old"]);
    expect(disk.writeAtomically(files, ["b.txt"])).toEqual([{ path: "a.txt", changed: true }]);
    expect(tree(path)).toEqual(["a.txt"]);
  });

  test("a directory in the place of a file is refused before anything is renamed", () => {
    const path = folder({ "a.txt": "old" });
    mkdirSync(join(path, "b.txt"));
    const files = ["a.txt", "b.txt"].map((name) => ({ path: name, content: "new" }));
    expect(() => diskAt(path).writeAtomically(files)).toThrow('"b.txt" is a directory');
    expect(readFileSync(join(path, "a.txt"), "utf8")).toBe("old");
    expect(tree(path)).toEqual(["a.txt"]);
  });

  test("temporary files of a killed run are removed, those of others stay", () => {
    const path = folder();
    // No process has this number on any system that counts in 22 bits.
    writeFileSync(join(path, ".a.txt.999999999.0abc.gradc-tmp"), "half");
    writeFileSync(join(path, ".b.txt.999999999.0abc.gradc-tmp"), "half");
    diskAt(path).writeAtomically([{ path: "a.txt", content: "x" }]);
    expect(tree(path)).toEqual([".b.txt.999999999.0abc.gradc-tmp", "a.txt"]);
  });
});

test("patterns find files, sorted, not in node_modules", () => {
  const path = folder({
    "examples/b/b.model.ts": "",
    "examples/a/a.model.ts": "",
    "examples/a/help.ts": "",
    "examples/node_modules/x/x.model.ts": "",
    "top.model.ts": "",
  });
  const disk = diskAt(path);
  expect(disk.expand("examples/*/*.model.ts")).toEqual(["examples/a/a.model.ts", "examples/b/b.model.ts"]);
  expect(disk.expand("**/*.model.ts")).toEqual([
    "examples/a/a.model.ts",
    "examples/b/b.model.ts",
    "top.model.ts",
  ]);
  expect(disk.expand("*.model.ts")).toEqual(["top.model.ts"]);
  expect(disk.expand("plain.model.ts")).toEqual(["plain.model.ts"]);
  expect(disk.expand("nothing/*.ts")).toEqual([]);
});
