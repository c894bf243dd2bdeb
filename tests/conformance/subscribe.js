// MeshCentral's AMT stack subscribes, lists and leaves: node subscribe.js HOST PASSWORD URL USER PASS
const path = require('path');
const mesh = path.join(process.env.ZCC_PEERS, 'node_modules', 'meshcentral');
const comm = require(mesh + '/amt/amt-wsman-comm');
const stack = require(mesh + '/amt/amt')(
  require(mesh + '/amt/amt-wsman')(
    comm(process.argv[2], 16992, 'admin', process.argv[3], 0)));
const [url, user, pass] = process.argv.slice(4);
const done = (call) => new Promise((resolve) => call((_, name, response, status) => resolve({ status, response })));
const listed = async (name) => (await done((cb) => stack.Enum(name, cb))).response;

(async () => {
  const filters = await listed('CIM_FilterCollection');
  const chosen = { InstanceID: 'Intel(r) AMT:All' };
  const made = await done((cb) => stack.Subscribe('CIM_FilterCollection', 'PushWithAck', url, cb, 0, 1, chosen, null, user, pass));
  const listeners = await listed('CIM_ListenerDestinationWSManagement');
  const kept = await listed('CIM_FilterCollectionSubscription');
  console.log(JSON.stringify({ filters: filters.map((x) => x.InstanceID), subscribed: made.status, listeners }));
  await new Promise((resolve) => process.stdin.once('data', resolve));
  const left = await done((cb) => stack.UnSubscribe('CIM_FilterCollectionSubscription', cb, 0, 1,
    { Filter: kept[0].Filter, Handler: kept[0].Handler }));
  console.log(JSON.stringify({ unsubscribed: left.status, left: (await listed('CIM_FilterCollectionSubscription')).length }));
  process.exit(0);
})();
