// A carrier: node-smpp, the JavaScript library that many of them use.
// It does what it is told in JSON lines ({"do": COMMAND, "n": NUMBER, ...fields}) and tells in JSON lines
// what comes: {"answer": NUMBER, ...} for the response to a request, {"came": COMMAND, ...} for the rest.
'use strict';

const fs = require('fs');
const readline = require('readline');
const smpp = require('smpp');

const tell = (what) => process.stdout.write(JSON.stringify(what) + '\n');

// Octets are told to us as {octets: HEX}, for a short_message or in {udh, message}.
const octets = (key, value) => (value && value.octets !== undefined ? Buffer.from(value.octets, 'hex') : value);

// node-smpp gives a short_message as {message: string or Buffer, udh}.
const plain = (pdu) => {
  const fields = { ...pdu };
  const { message, udh } = pdu.short_message || {};
  if (message !== undefined) fields.short_message = message.toString();
  if (udh) fields.udh = udh.map((element) => element.toString('hex'));
  return fields;
};

const [, , port, authority] = process.argv;
const tls = authority && { tls: true, ca: fs.readFileSync(authority), servername: 'localhost' };
const session = smpp.connect({ host: '127.0.0.1', port: Number(port), ...tls }, () => tell({ came: 'connect' }));
session.on('close', () => tell({ came: 'close' }));
session.on('error', (error) => tell({ came: 'error', text: String(error) }));
session.on('pdu', (pdu) => {
  if (pdu.isResponse() && pdu.command !== 'generic_nack') return;
  tell({ came: pdu.command, ...plain(pdu) });
  if (['deliver_sm', 'enquire_link', 'unbind'].includes(pdu.command)) session.send(pdu.response());
});

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const { do: command, n, ...fields } = JSON.parse(line, octets);
  if (command === 'close') return session.close();
  session[command](fields, (pdu) => tell({ answer: n, ...plain(pdu) }));
}).on('close', () => session.destroy());
