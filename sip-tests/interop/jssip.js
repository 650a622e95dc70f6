// A page in a browser: JsSIP, with the WebSocket of the library ws in place of the browser's.
// It tells in lines what happens, and sends the texts that it is told in JSON lines {to, text}.
'use strict';

const readline = require('readline');
const ws = require('ws');

const [, , url, number, password, origin] = process.argv;
const tell = (line) => process.stdout.write(line + '\n');

globalThis.WebSocket = class extends ws {
  constructor(address, protocol) {
    super(address, protocol, origin ? { origin } : {});
    this.on('unexpected-response', (_, response) => tell(`refused: ${response.statusCode}`));
  }
};
const JsSIP = require('jssip');

const ua = new JsSIP.UA({
  sockets: [new JsSIP.WebSocketInterface(url)],
  uri: `sip:${number}@localhost`,
  password,
});
ua.on('registered', () => tell('registered'));
ua.on('registrationFailed', ({ cause }) => tell(`not registered: ${cause}`));
ua.on('newMessage', ({ originator, request }) => {
  // Its keys stand in the order in which the case writes them.
  if (originator === 'remote') tell(`{"from": ${JSON.stringify(request.from.uri.user)}, "text": ${JSON.stringify(request.body)}}`);
});
ua.start();

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const { to, text } = JSON.parse(line);
  const answered = ({ response }) => tell(`answered ${response ? response.status_code : 0}`);
  ua.sendMessage(`sip:${to}@localhost`, text, { eventHandlers: { succeeded: answered, failed: answered } });
}).on('close', () => process.exit(0));
