// A chain that begins empty, under the id of a public one, where test keys are refused.
module.exports = {
  solidity: "0.8.28",
  networks: { hardhat: { hardfork: "cancun", chainId: 11155111 } },
};
