import { printerObject, systemObject } from '../ipp/ipp-objects';
import { eventStream } from './event-stream';
import { redirect, redirectAbsolute, type Handler } from './exchange';
import { download, upload } from './files';
import { addEntry, addressBookPage, changeEntry, deleteEntry, entryPage } from './pages/address-book.page';
import { countersPage } from './pages/counters.page';
import { documentBoxPage } from './pages/document-box.page';
import { firmwarePage, putFirmware, uploadFirmware } from './pages/firmware.page';
import { jobLogPage } from './pages/job-log.page';
import { login, loginPage, logout } from './pages/login.page';
import { clearFault, raiseFault, servicePage } from './pages/service.page';
import { changeSettings, settingsPage } from './pages/settings.page';
import { cancel, print, statusPage } from './pages/status.page';
import { replaceSupply, suppliesPage } from './pages/supplies.page';

/** Admits the administrator only; others log in first and come back to the page. */
const administratorOnly =
  (handler: Handler): Handler =>
  (exchange) => {
    if (exchange.administrator) return handler(exchange);
    const page = exchange.request.method === 'POST' ? '/status' : exchange.request.path;
    return redirect(exchange, `/login?next=${encodeURIComponent(page)}`);
  };

/** Every path of the machine's web server except `/assets` and `/ws/status`. */
export const ROUTES: Readonly<Record<string, { get?: Handler; post?: Handler; put?: Handler }>> = {
  '/': { get: (exchange) => redirect(exchange, '/status', 302) },
  '/index.htm': { get: (exchange) => redirectAbsolute(exchange, '/status', 302) },
  '/status': { get: statusPage },
  '/status.json': {
    get: ({ machine, response }) => void response.set('Cache-Control', 'no-store').json(machine.status),
  },
  '/print': { post: print },
  '/cancel': { post: cancel },
  '/counters': { get: countersPage },
  '/supplies': { get: suppliesPage },
  '/supplies/:id/replacement': { post: administratorOnly(replaceSupply) },
  '/job-log': { get: jobLogPage },
  '/document-box': { get: administratorOnly(documentBoxPage) },
  '/address-book': { get: addressBookPage, post: administratorOnly(addEntry) },
  '/address-book/:id': { get: administratorOnly(entryPage), post: administratorOnly(changeEntry) },
  '/address-book/:id/deletion': { post: administratorOnly(deleteEntry) },
  '/settings': { get: administratorOnly(settingsPage), post: administratorOnly(changeSettings) },
  '/firmware': { get: administratorOnly(firmwarePage), post: administratorOnly(uploadFirmware), put: putFirmware },
  '/service': { get: administratorOnly(servicePage) },
  '/service/:fault/occurrence': { post: administratorOnly(raiseFault) },
  '/service/:fault/clearance': { post: administratorOnly(clearFault) },
  '/login': { get: loginPage, post: login },
  '/logout': { post: logout },
  '/files/job-log-export.bin': { get: download },
  '/files/upload': { post: upload, put: upload },
  '/ipp/print': { post: printerObject },
  '/ipp/print/:job': { post: printerObject },
  '/ipp/system': { post: systemObject },
  '/events': { get: eventStream },
};
