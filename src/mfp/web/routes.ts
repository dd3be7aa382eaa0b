import { administratorOnly } from './administrator';
import { redirect, redirectAbsolute, sendJson } from '../answer';
import { serveIcon, serveScript, serveStyle } from '../files/assets';
import { download } from './files';
import { upload } from '../files/upload';
import { printerObject, systemObject } from '../ipp/ipp-objects';
import { eventStream } from './event-stream';
import { addEntry, addressBookPage, changeEntry, deleteEntry, entryPage } from './pages/address-book.page';
import { countersPage } from './pages/counters.page';
import { firmwarePage, uploadFirmware } from './pages/firmware.page';
import { jobLogPage } from './pages/job-log.page';
import { login, loginPage, logout } from './pages/login.page';
import { clearFault, raiseFault, servicePage } from './pages/service.page';
import { changeSettings, settingsPage } from './pages/settings.page';
import { cancel, print, statusPage } from './pages/status.page';
import { replaceSupply, suppliesPage } from './pages/supplies.page';
import type { Route } from '../router';

/** Every address of the machine's web server but `/ws/status`. */
export const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/', handler: (exchange) => redirect(exchange, '/status', 302) },
  { method: 'GET', path: '/index.htm', handler: (exchange) => redirectAbsolute(exchange, '/status', 302) },
  { method: 'GET', path: '/status', handler: statusPage },
  { method: 'GET', path: '/status.json', handler: (exchange) => sendJson(exchange, exchange.machine.status) },
  { method: 'POST', path: '/print', handler: print },
  { method: 'POST', path: '/cancel', handler: cancel },
  { method: 'GET', path: '/counters', handler: countersPage },
  { method: 'GET', path: '/supplies', handler: suppliesPage },
  { method: 'POST', path: '/supplies/:id/replacement', handler: administratorOnly(replaceSupply) },
  { method: 'GET', path: '/job-log', handler: jobLogPage },
  { method: 'GET', path: '/address-book', handler: addressBookPage },
  { method: 'POST', path: '/address-book', handler: administratorOnly(addEntry) },
  { method: 'GET', path: '/address-book/:id', handler: administratorOnly(entryPage) },
  { method: 'POST', path: '/address-book/:id', handler: administratorOnly(changeEntry) },
  { method: 'POST', path: '/address-book/:id/deletion', handler: administratorOnly(deleteEntry) },
  { method: 'GET', path: '/settings', handler: administratorOnly(settingsPage) },
  { method: 'POST', path: '/settings', handler: administratorOnly(changeSettings) },
  { method: 'GET', path: '/firmware', handler: administratorOnly(firmwarePage) },
  { method: 'POST', path: '/firmware', handler: administratorOnly(uploadFirmware) },
  { method: 'GET', path: '/service', handler: administratorOnly(servicePage) },
  { method: 'POST', path: '/service/:fault/occurrence', handler: administratorOnly(raiseFault) },
  { method: 'POST', path: '/service/:fault/clearance', handler: administratorOnly(clearFault) },
  { method: 'GET', path: '/login', handler: loginPage },
  { method: 'POST', path: '/login', handler: login },
  { method: 'POST', path: '/logout', handler: logout },
  { method: 'GET', path: '/files/job-log-export.bin', handler: download },
  { method: 'POST', path: '/files/upload', handler: upload },
  { method: 'PUT', path: '/files/upload', handler: upload },
  { method: 'POST', path: '/ipp/print', handler: printerObject },
  { method: 'POST', path: '/ipp/print/:job', handler: printerObject },
  { method: 'POST', path: '/ipp/system', handler: systemObject },
  { method: 'GET', path: '/events', handler: eventStream },
  { method: 'GET', path: '/assets/style.css', handler: serveStyle },
  { method: 'GET', path: '/assets/live.js', handler: serveScript },
  { method: 'GET', path: '/assets/icon.svg', handler: serveIcon },
];
