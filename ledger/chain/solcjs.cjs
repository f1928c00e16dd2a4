// The npm compiler behind the command line of a native solc, for py-solc-x: `--version` answers in
// solc's format; otherwise standard JSON is read from stdin to its end, and JSON alone is printed.
// (The package's own solcjs prints a line before the JSON and loses large inputs.)
const [modules, ...args] = process.argv.slice(2);
const solc = require(modules + "/solc");

if (args.includes("--version")) {
  console.log("solc, the solidity compiler commandline interface\nVersion: " + solc.version());
} else {
  const chunks = [];
  process.stdin.on("data", (chunk) => chunks.push(chunk));
  process.stdin.on("end", () => process.stdout.write(solc.compile(Buffer.concat(chunks).toString("utf8"))));
}
