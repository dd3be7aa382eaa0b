import { toInstant } from '../../protocol/names';
import type { DeviceKind } from '../../protocol/device-kinds';
import { FUNCTIONS, usesPaper, type DeviceFunction } from '../../protocol/device-kinds';
import { FIRMWARE } from './identity';
import { FACTORY_DEFAULTS, type Job, type Memory } from './memory';

const TITLES = ['Offer 2291.pdf', 'Minutes.docx', 'Floor plan.pdf', 'Invoice 10448', 'Poster A3.png', 'Scan to e-mail'];
const OWNERS = ['m.keller', 'reception', 'j.ito', 'workshop'];
const MINUTE = 60_000;

/** Memory of a machine that has been in an office for a while; the same each time except for the dates. */
export function factoryMemory(name: string, kind: DeviceKind = 'mfp', now = Date.now()): Memory {
  const functions = FUNCTIONS[kind];
  const counted = (needs: DeviceFunction, count: number) => (functions.includes(needs) ? count : 0);
  return {
    settings: {
      name,
      location: 'Building A, room 214',
      contact: 'it-desk@example.com',
      language: 'English',
      sleepMinutes: 15,
      tray1: 'A4',
      tray2: 'A3',
      timeServer: 'pool.example.com',
    },
    printDefaults: { ...FACTORY_DEFAULTS, information: name },
    counters: {
      monochrome: usesPaper(kind) ? 48_213 : 0,
      colour: counted('print', 17_540),
      copies: counted('copy', 21_877),
      scans: counted('scan', 9_406),
      faxesSent: counted('fax', 312),
      faxesReceived: counted('fax', 541),
    },
    supplies: !usesPaper(kind)
      ? []
      : [
          { id: 'black', name: 'Black toner', kind: 'toner', colour: '#30343a', level: 64 },
          { id: 'cyan', name: 'Cyan toner', kind: 'toner', colour: '#1b9cc9', level: 81 },
          { id: 'magenta', name: 'Magenta toner', kind: 'toner', colour: '#c73a86', level: 47 },
          { id: 'yellow', name: 'Yellow toner', kind: 'toner', colour: '#d9ac12', level: 12 },
          { id: 'drum', name: 'Drum unit', kind: 'drum', colour: '#5b7083', level: 72 },
          { id: 'waste', name: 'Waste toner box', kind: 'waste', colour: '#7d8791', level: 58 },
        ],
    addresses: [
      { id: 1, name: 'Accounting', email: 'accounting@example.com', fax: '' },
      { id: 2, name: 'Reception', email: 'reception@example.com', fax: '+49 30 5550 120' },
      { id: 3, name: 'Service desk', email: 'it-desk@example.com', fax: '' },
    ],
    jobs: functions.includes('print') ? Array.from({ length: 40 }, (_, index) => pastJob(index, now)) : [],
    nextId: 1000,
    firmware: FIRMWARE,
    firmwareUpload: null,
    faults: [],
    brightness: 4,
  };
}

function pastJob(index: number, now: number): Job {
  const pages = 1 + ((index * 7) % 23);
  const received = now - (40 - index) * 37 * MINUTE;
  const cancelled = index % 13 === 5;
  return {
    id: 900 + index,
    title: TITLES[index % TITLES.length] ?? 'Document',
    owner: OWNERS[index % OWNERS.length] ?? 'guest',
    pages,
    colour: index % 3 === 0,
    printed: cancelled ? Math.floor(pages / 2) : pages,
    result: cancelled ? 'cancelled' : 'completed',
    receivedAt: toInstant(received),
    endedAt: toInstant(received + pages * 2_000),
  };
}
