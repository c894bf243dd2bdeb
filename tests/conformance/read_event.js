// MeshCentral's reader of events, fed with one from standard input; prints what it read.
const path = require('path');
const mesh = path.join(process.env.ZCC_PEERS, 'node_modules', 'meshcentral');
const reader = require(mesh + '/amtevents').CreateAmtEventsHandler({});
const said = console.log;
console.log = () => {};
said(JSON.stringify(reader.handleAmtEvent(require('fs').readFileSync(0, 'utf8'), '1234567890', 'host')));
