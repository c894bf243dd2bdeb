#!/usr/bin/env node
// MeshCentral's AMT stack reads the inventories of N devices at consecutive loopback addresses.
// node inventory.js PEERS FIRST N AT_ONCE CLASS...  ("*CLASS" is read by Get); over TLS.
const [peers, first, count, atOnce, ...classes] = process.argv.slice(2);
const { MESH } = require(peers);
const connect = require(MESH + '/amt/amt-wsman-comm');
const wsman = require(MESH + '/amt/amt-wsman');
const amt = require(MESH + '/amt/amt');

const base = first.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const address = (index) => [24, 16, 8, 0].map((bits) => ((base + index) >>> bits) & 255).join('.');
const answer = (ask) => new Promise((resolve) => ask((...told) => resolve(told)));

async function read(host) {
  const line = connect(host, 16993, 'admin', 'P@ssw0rd', 1);
  line.xtlsFingerprint = 0;
  const stack = amt(wsman(line));
  const [, , found, status] = await answer((done) => stack.BatchEnum('inventory', classes, done, null, true));
  const events = await answer((done) => stack.GetMessageLog(done));
  const audit = await answer((done) => stack.GetAuditLog(done));
  line.destroy();
  const isWhole = status === 200 && found.CIM_Chip.responses.length > 0;
  return isWhole && events[1] !== undefined && audit[1] !== undefined;
}

async function main() {
  let next = 0;
  let bad = 0;
  const began = process.hrtime.bigint();
  const one = async () => {
    while (next < Number(count)) if (!(await read(address(next++)))) bad += 1;
  };
  await Promise.all(Array.from({ length: Number(atOnce) }, one));
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  const { user, system } = process.cpuUsage();
  const cpu = (user + system) / 1000 / Number(count);
  console.log(JSON.stringify({ bad, devices_per_s: count / seconds, cpu_ms_per_device: cpu }));
  process.exit(0);
}
main();
