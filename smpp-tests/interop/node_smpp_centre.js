// A message centre: a server of node-smpp, as a vendor might run one.
// How it behaves it is told in JSON lines; what comes it tells in JSON lines ({"came": COMMAND, ...fields}).
//   ids, receipt_ids: how it writes the same number there ("decimal", "hex", "HEX", "padded", "uuid")
//   delay: milliseconds before an answer; throttle: so many submits are answered with ESME_RTHROTTLED first
//   status: the status of every answer; stat, err: of every receipt; early: the receipt before the answer; times: how often
// A line with "send" is a command to send over the newest bind that receives: {"send": COMMAND, ...fields}.
'use strict';

const readline = require('readline');
const smpp = require('smpp');

const tell = (what) => process.stdout.write(JSON.stringify(what) + '\n');
const behaviour = { ids: 'decimal', receipt_ids: 'decimal', delay: 0, throttle: 0, status: 0, stat: 'DELIVRD', err: '000', early: false, times: 1 };
const forms = {
  decimal: (n) => String(n),
  padded: (n) => String(n).padStart(15, '0'),
  hex: (n) => n.toString(16),
  HEX: (n) => n.toString(16).toUpperCase().padStart(12, '0'),
  uuid: (n) => `0c5b1a52-5c1d-4c39-9f3a-${n.toString(16).padStart(12, '0')}`,
};

let last = 0xabc0ffee;
const receivers = [];

const receipt = (pdu, n) => {
  const id = forms[behaviour.receipt_ids](n);
  const dlvrd = behaviour.stat === 'DELIVRD' ? '001' : '000';
  const fields = {
    source_addr_ton: pdu.dest_addr_ton, source_addr_npi: pdu.dest_addr_npi, source_addr: pdu.destination_addr,
    dest_addr_ton: pdu.source_addr_ton, dest_addr_npi: pdu.source_addr_npi, destination_addr: pdu.source_addr,
    esm_class: 4,
    short_message: `id:${id} sub:001 dlvrd:${dlvrd} submit date:2611210930 done date:2611210931 stat:${behaviour.stat} err:${behaviour.err} text:`,
  };
  for (let time = 0; time < behaviour.times; time += 1) deliver(fields);
};

const deliver = (fields) => {
  const session = receivers[receivers.length - 1];
  if (session) session.deliver_sm(fields, (answer) => tell({ answered: answer.command_status, id: answer.message_id }));
};

const submitted = (session, pdu) => {
  if (behaviour.throttle > 0) {
    behaviour.throttle -= 1;
    return session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
  }
  if (behaviour.status) return session.send(pdu.response({ command_status: behaviour.status }));
  last += 1;
  const n = last;
  const message = pdu.short_message && pdu.short_message.message;
  const { udh } = pdu.short_message || {};
  tell({ came: pdu.command, to: pdu.destination_addr, from: pdu.source_addr, text: message && message.toString(),
    udh: udh && udh.map((element) => element.toString('hex')), data_coding: pdu.data_coding,
    registered_delivery: pdu.registered_delivery, validity_period: pdu.validity_period, n });
  if (behaviour.early) receipt(pdu, n);
  setTimeout(() => {
    session.send(pdu.response({ message_id: forms[behaviour.ids](n) }));
    if (!behaviour.early && pdu.registered_delivery) receipt(pdu, n);
  }, behaviour.delay);
};

const server = smpp.createServer((session) => {
  session.on('error', (error) => tell({ came: 'error', text: String(error) }));
  session.on('close', () => {
    const place = receivers.indexOf(session);
    if (place >= 0) receivers.splice(place, 1);
    tell({ came: 'close' });
  });
  session.on('pdu', (pdu) => {
    if (pdu.command.startsWith('bind_') && !pdu.isResponse()) {
      tell({ came: pdu.command, system_id: pdu.system_id, password: pdu.password, interface_version: pdu.interface_version });
      if (pdu.password !== 'secret') return session.send(pdu.response({ command_status: smpp.ESME_RBINDFAIL }));
      if (pdu.command !== 'bind_transmitter') receivers.push(session);
      return session.send(pdu.response({ system_id: 'vendor' }));
    }
    if (pdu.command === 'submit_sm') return submitted(session, pdu);
    if (['enquire_link', 'unbind'].includes(pdu.command)) {
      tell({ came: pdu.command });
      session.send(pdu.response());
    }
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => tell({ came: 'listen' }));

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const { send, ...fields } = JSON.parse(line);
  if (send) return deliver(fields);
  Object.assign(behaviour, fields);
  return tell({ came: 'behaves' });
}).on('close', () => process.exit(0));
