// Hardhat compiles with the same solc (npm `solc`, no download) and the same settings as
// ledger/chain/compile.py, and serves the `hardhat` engine. A test compares the bytecode of both.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const settings = JSON.parse(readFileSync(new URL("./solc-settings.json", import.meta.url)));
const pinned = JSON.parse(readFileSync(new URL("./package.json", import.meta.url))).dependencies;

// The engine passes its own values by environment; the defaults serve `npx hardhat node` by hand.
const env = process.env;
const chainId = Number(env.GOLDTICKET_CHAIN_ID ?? 31337);
const blockGasLimit = BigInt(env.GOLDTICKET_BLOCK_GAS ?? 100_000_000);
const mnemonic = env.GOLDTICKET_DEV_MNEMONIC ?? "test test test test test test test test test test test junk";

const path = fileURLToPath(new URL("./node_modules/solc/soljson.js", import.meta.url));
const build = { version: pinned.solc, path, settings };

export default {
  // Two profiles of one setting: Hardhat compiles each file alone in "production", all together in "default".
  solidity: { profiles: { default: build, production: build } },
  networks: {
    node: {
      type: "edr-simulated",
      chainType: "l1",
      chainId,
      hardfork: "london",
      blockGasLimit,
      transactionGasCap: blockGasLimit,
      gasPrice: 0n,
      initialBaseFeePerGas: 0n,
      allowUnlimitedContractSize: false,
      allowBlocksWithSameTimestamp: true,
      accounts: { mnemonic, count: 20 },
    },
  },
};
