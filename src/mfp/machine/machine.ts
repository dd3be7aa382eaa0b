import { EventEmitter } from 'node:events';
import { toInstant } from '../../protocol/names';
import type { MachineStatus } from '../../protocol/simulated-mfp';
import type { Boxes } from '../boxes/boxes';
import { FAULTS, FAULTY_LEVEL, type FaultName } from './faults';
import type { DeviceKind } from '../../protocol/device-kinds';
import type { Identity } from './identity';
import { TooManyJobs } from './machine.errors';
import type { Job, Memory, Supply } from './memory';
import { MFP_LIMITS } from '../mfp-limits';

const READY: Readonly<Record<DeviceKind, string>> = {
  mfp: 'Ready to print',
  printer: 'Ready to print',
  copier: 'Ready to copy',
  fax: 'Ready to send and receive',
  scanner: 'Ready to scan',
};

/** Per cent that one page uses, by kind of supply. */
const WEAR = { toner: 0.05, drum: 0.01, waste: 0.02 } as const;
export const LOW_LEVEL = 15;

/** The simulated machine: prints the jobs in its queue page by page, counts, and uses up its supplies. */
export class Machine extends EventEmitter<{
  changed: [];
  fault: [FaultName];
  identify: [];
  restart: [];
  /** It has received firmware, which its next restart puts into use. */
  firmware: [];
}> {
  /** When it was last switched on. */
  startedAt = Date.now();
  private powered = true;
  private timer: NodeJS.Timeout | undefined;
  private identifying: { text: string; timer: NodeJS.Timeout } | undefined;
  private installing: string | undefined;

  constructor(
    readonly identity: Identity,
    readonly memory: Memory,
    readonly boxes: Boxes,
    private readonly pageMs: number = MFP_LIMITS.PAGE_MS,
  ) {
    super();
    this.setMaxListeners(0);
    boxes.on('changed', () => this.changed());
    this.printNext();
  }

  get status(): MachineStatus {
    const current = this.jobs('printing')[0];
    const obstacle = this.obstacleTo(current);
    const { monochrome, colour } = this.memory.counters;
    return {
      state: obstacle ? 'stopped' : current ? 'printing' : 'idle',
      message:
        obstacle ??
        (current
          ? `Printing page ${Math.min(current.printed + 1, current.pages)} of ${current.pages}`
          : READY[this.identity.kind]),
      warnings: this.memory.supplies.filter(isLow).map(warningText),
      job: current
        ? {
            id: current.id,
            title: current.title,
            page: Math.min(current.printed + 1, current.pages),
            pages: current.pages,
          }
        : null,
      jobsWaiting: this.jobs('waiting').length,
      pagesTotal: monochrome + colour,
      supplies: this.memory.supplies.map(({ id, name, level }) => ({ id, name, level: Math.ceil(level) })),
      identifying: this.identifying?.text ?? null,
    };
  }

  /** @throws TooManyJobs */
  print(title: string, owner: string, pages: number, colour: boolean): Job {
    if (this.jobs('waiting').length >= MFP_LIMITS.JOBS_WAITING) throw new TooManyJobs();
    const job: Job = {
      id: this.memory.nextId++,
      title,
      owner,
      pages,
      colour,
      printed: 0,
      result: 'waiting',
      receivedAt: toInstant(Date.now()),
      endedAt: null,
    };
    this.memory.jobs.push(job);
    if (this.memory.jobs.length > MFP_LIMITS.JOBS_KEPT) this.memory.jobs.shift();
    this.printNext();
    this.changed();
    return job;
  }

  /** Cancels the job with this number, or the printing one. @returns false if there is none or it has ended */
  cancel(id = this.jobs('printing')[0]?.id): boolean {
    const job = [...this.jobs('printing'), ...this.jobs('waiting')].find((one) => one.id === id);
    if (!job) return false;
    this.end(job, 'cancelled');
    return true;
  }

  /** Identifies the machine on the display for a while. */
  identify(words: string): void {
    clearTimeout(this.identifying?.timer);
    const timer = setTimeout(() => {
      this.identifying = undefined;
      this.changed();
    }, MFP_LIMITS.IDENTIFY_MS).unref();
    this.identifying = { text: `Here I am: ${this.memory.settings.name}${words && `. ${words}`}`, timer };
    this.emit('identify');
    this.changed();
  }

  /** Requests a restart. */
  restart(): void {
    this.emit('restart');
  }

  /** Writes this firmware, then restarts with it. Until then it reports its old version. */
  install(version: string): void {
    this.installing = version;
    this.emit('firmware');
  }

  /** Stops all activity until it is switched on again; its memory is kept. */
  switchOff(): void {
    this.powered = false;
    clearTimeout(this.timer);
    clearTimeout(this.identifying?.timer);
    this.timer = this.identifying = undefined;
  }

  switchOn(): void {
    this.powered = true;
    this.startedAt = Date.now();
    this.memory.firmware = this.installing ?? this.memory.firmware;
    this.installing = undefined;
    this.printNext();
    this.changed();
  }

  /** Replaces a cartridge, drum or waste box. @returns false if there is no such supply */
  replaceSupply(id: string): boolean {
    const supply = this.memory.supplies.find((one) => one.id === id);
    if (!supply) return false;
    supply.level = 100;
    this.memory.faults = this.memory.faults.filter((fault) => FAULTS[fault].supply !== id);
    this.changed();
    return true;
  }

  /** Causes a fault, for tests. */
  raise(fault: FaultName): void {
    const { faults, supplies } = this.memory;
    if (faults.includes(fault)) return;
    faults.push(fault);
    const supply = supplies.find(({ id }) => id === FAULTS[fault].supply);
    if (supply) supply.level = Math.min(supply.level, FAULTY_LEVEL);
    this.emit('fault', fault);
    this.changed();
  }

  /** The cause of a fault has been removed. */
  clear(fault: FaultName): void {
    const { supply } = FAULTS[fault];
    if (!this.memory.faults.includes(fault)) return;
    this.memory.faults = this.memory.faults.filter((one) => one !== fault);
    if (supply === undefined || !this.replaceSupply(supply)) this.changed();
  }

  changed(): void {
    this.emit('changed');
  }

  stop(): void {
    this.switchOff();
    this.removeAllListeners();
  }

  private jobs(result: Job['result']): Job[] {
    return this.memory.jobs.filter((job) => job.result === result);
  }

  private printNext(): void {
    if (this.timer || !this.powered) return;
    const current = this.jobs('printing')[0] ?? this.jobs('waiting')[0];
    if (!current) return;
    current.result = 'printing';
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (current.result === 'printing') this.printPage(current);
      this.printNext();
    }, this.pageMs);
  }

  private printPage(job: Job): void {
    if (this.obstacleTo(job)) return;
    for (const supply of this.suppliesFor(job)) supply.level = Math.max(0, supply.level - WEAR[supply.kind]);
    this.memory.counters[job.colour ? 'colour' : 'monochrome']++;
    job.printed++;
    if (job.printed >= job.pages) this.end(job, 'completed');
    else this.changed();
  }

  private end(job: Job, result: Job['result']): void {
    job.result = result;
    job.endedAt = toInstant(Date.now());
    this.printNext();
    this.changed();
  }

  private suppliesFor(job: Job): Supply[] {
    return this.memory.supplies.filter(({ id, kind }) => kind !== 'toner' || id === 'black' || job.colour);
  }

  /** Why nothing, or not this job, can be printed now. */
  private obstacleTo(job: Job | undefined): string | undefined {
    const fault = this.memory.faults.map((name) => FAULTS[name]).find(({ stops }) => stops);
    if (fault) return `${fault.title}. ${fault.text}`;
    const empty = job && this.suppliesFor(job).find(({ level }) => level <= 0);
    return empty && `${emptyText(empty)} Printing continues after it has been replaced.`;
  }
}

export const isLow = ({ level }: Supply): boolean => level <= LOW_LEVEL;
const emptyText = ({ name, kind }: Supply): string => `${name} ${kind === 'waste' ? 'is full' : 'is empty'}.`;
/** The warning about a low supply. */
export const warningText = (supply: Supply): string =>
  supply.level <= 0 ? emptyText(supply) : `${supply.name} ${supply.kind === 'waste' ? 'is nearly full' : 'is low'}.`;
