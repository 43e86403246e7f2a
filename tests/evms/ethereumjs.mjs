// A tape sent to ethereumjs: one JSON question on standard input, one JSON answer out.
//
// Asked: {chainId, hardfork, tape: [step]}. Answered: {outcomes}, what became of every transaction,
// [done, gas, logs], and of who was looked at, [coin, hash of the code]; or {error}.
import { createBlock } from "@ethereumjs/block";
import { createCustomCommon, Mainnet } from "@ethereumjs/common";
import { createLegacyTx } from "@ethereumjs/tx";
import {
  bytesToHex,
  createAccount,
  createAddressFromString,
  hexToBytes,
  KECCAK256_NULL,
} from "@ethereumjs/util";
import { createVM, runTx } from "@ethereumjs/vm";

// contract wallets send, too, which no real chain would take (EIP-3607): the first look at the
// sender's code, which is that check, finds none
function unchecked(vm, sender) {
  const manager = vm.stateManager;
  const look = Object.getPrototypeOf(manager).getAccount;
  manager.getAccount = async (address) => {
    const account = await look.call(manager, address);
    if (account !== undefined && address.equals(sender)) {
      delete manager.getAccount;
      Object.defineProperty(account, "codeHash", {
        configurable: true,
        get() {
          delete account.codeHash;
          return KECCAK256_NULL;
        },
      });
    }
    return account;
  };
}

async function give(vm, step) {
  const at = createAddressFromString(step.at);
  const account = (await vm.stateManager.getAccount(at)) ?? createAccount({});
  account.balance = BigInt(step.value);
  await vm.stateManager.putAccount(at, account);
}

async function send(vm, common, number, step) {
  const header = {
    number,
    timestamp: step.time,
    gasLimit: 10n ** 9n,
    baseFeePerGas: 0n,
  };
  const block = createBlock({ header }, { common, skipConsensusFormatValidation: true });
  const sender = createAddressFromString(step.from);
  const fields = {
    to: step.to === null ? undefined : step.to,
    data: step.data,
    value: BigInt(step.value),
    gasLimit: BigInt(step.gas),
    gasPrice: 0n,
  };
  const tx = createLegacyTx(fields, { common, freeze: false });
  tx.getSenderAddress = () => sender;
  unchecked(vm, sender);
  const result = await runTx(vm, {
    tx,
    block,
    skipNonce: true,
    skipHardForkValidation: true,
    skipBlockGasLimitValidation: true,
  });
  const logs = (result.execResult.logs ?? []).map(([at, topics, data]) => [
    bytesToHex(at),
    topics.map((topic) => bytesToHex(topic)),
    bytesToHex(data),
  ]);
  const isDone = result.execResult.exceptionError === undefined;
  return [isDone, Number(result.totalGasSpent), isDone ? logs : []];
}

async function look(vm, step) {
  const found = [];
  for (const who of step.who) {
    const account = await vm.stateManager.getAccount(createAddressFromString(who));
    const hash = bytesToHex(account?.codeHash ?? KECCAK256_NULL);
    found.push([`0x${(account?.balance ?? 0n).toString(16)}`, hash]);
  }
  return found;
}

async function played({ chainId, hardfork, tape }) {
  const common = createCustomCommon({ chainId }, Mainnet, { hardfork });
  const vm = await createVM({ common });
  const outcomes = [];
  let number = 1n;
  for (const step of tape) {
    if (step.kind === "give") await give(vm, step);
    else if (step.kind === "put") {
      await vm.stateManager.putCode(createAddressFromString(step.at), hexToBytes(step.code));
    } else if (step.kind === "store") {
      const at = createAddressFromString(step.at);
      await vm.stateManager.putStorage(at, hexToBytes(step.slot), hexToBytes(step.value));
    } else if (step.kind === "enter") await vm.evm.journal.checkpoint();
    else if (step.kind === "leave") await vm.evm.journal.revert();
    else if (step.kind === "look") outcomes.push(await look(vm, step));
    else outcomes.push(await send(vm, common, number++, step));
  }
  return { outcomes };
}

let question = "";
for await (const part of process.stdin) question += part;
let answer;
try {
  answer = await played(JSON.parse(question));
} catch (error) {
  answer = { error: error.stack };
}
console.log(JSON.stringify(answer));
