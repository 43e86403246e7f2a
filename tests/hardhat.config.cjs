// A chain that begins empty, under the id of a public one, where test keys are refused.
// Blocks take whatever is sent, at any time, for nothing.
const free = {
  blockGasLimit: 1000000000,
  initialBaseFeePerGas: 0,
  allowBlocksWithSameTimestamp: true,
};
module.exports = {
  solidity: "0.8.28",
  networks: {
    hardhat: {
      hardfork: process.env.HARDHAT_HARDFORK,
      chainId: 11155111,
      ...(process.env.HARDHAT_FREE && free),
    },
  },
};
