// The npm compiler as a process that stays: one standard JSON request a line in, one answer a line out. Starting it anew
// and warming it up costs more than compiling one contract.
const [modules] = process.argv.slice(2);
const solc = require(modules + "/solc");
const lines = require("readline").createInterface({ input: process.stdin, crlfDelay: Infinity });
lines.on("line", (line) => process.stdout.write(solc.compile(line).replace(/\n/g, " ") + "\n"));
