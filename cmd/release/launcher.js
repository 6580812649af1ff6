#!/usr/bin/env node
// Starts the program of the package for this platform, with the same arguments, streams and exit code.
"use strict";

const { spawn } = require("child_process");
const os = require("os");

const name = `@lanser/${process.platform}-${process.arch}`;
const file = process.platform === "win32" ? "lanser.exe" : "lanser";

let program;
try {
  program = require.resolve(`${name}/bin/${file}`);
} catch {
  console.error(
    `lanser: the npm package ${name} is not installed. It is an optional dependency of the package lanser: ` +
      "install that again without --omit=optional, on this platform. If there is no such package, " +
      `lanser is not built for ${process.platform} on ${process.arch}.`,
  );
  process.exit(1);
}

const child = spawn(program, process.argv.slice(2), { stdio: "inherit", windowsHide: true });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => child.kill(signal));
}
child.on("error", (error) => {
  console.error(`lanser: cannot start ${program}: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => process.exit(signal ? 128 + os.constants.signals[signal] : code));
