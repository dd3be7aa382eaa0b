import { toInstant } from '../../protocol/names';
import { BoxRefusal } from '../boxes/boxes.errors';
import { pdf } from '../boxes/factory-documents';
import { findAddress } from '../machine/address-book';
import type { FaultName } from '../machine/faults';
import type { Machine } from '../machine/machine';
import { MachineRefusal } from '../machine/machine.errors';
import { MFP_LIMITS } from '../mfp-limits';
import type { Displays } from './displays';
import { draw } from './draw';
import { reduce, type PanelEvent } from './panel.machine';
import type { PanelInput } from '../../protocol/simulated-mfp';
import { FIRST_STATE, type Effect, type PanelState } from './panel-state';

/** The machine's operation panel: one state, shown by every connected display, operated by any of them. */
export class Panel {
  private current: PanelState = FIRST_STATE;
  private idle: NodeJS.Timeout | undefined;
  private readonly show = (): void => this.displays.show(draw(this.current, this.machine));
  private readonly onIdentify = (): void => this.handle({ type: 'identify' });
  private readonly onFault = (fault: FaultName): void => this.handle({ type: 'fault', fault });

  /** @param minuteMs duration of a minute of the sleep setting */
  constructor(
    private readonly machine: Machine,
    private readonly displays: Displays,
    private readonly minuteMs: number = MFP_LIMITS.MINUTE_MS,
  ) {
    machine.on('changed', this.show);
    machine.on('fault', this.onFault);
    machine.on('identify', this.onIdentify);
    this.restartIdleTimer();
    this.show();
  }

  get state(): PanelState {
    return this.current;
  }

  /** Display number `display` has been touched. */
  input(display: number, input: PanelInput): void {
    this.displays.touched(display, input);
    this.handle(input);
  }

  stop(): void {
    clearTimeout(this.idle);
    this.machine.off('changed', this.show);
    this.machine.off('fault', this.onFault);
    this.machine.off('identify', this.onIdentify);
  }

  private handle(event: PanelEvent): void {
    const { state, effects = [] } = reduce(this.current, event, this.machine);
    this.current = state;
    for (const effect of effects) this.take(effect);
    this.restartIdleTimer();
    this.show();
  }

  private take(effect: Effect): void {
    try {
      this.perform(effect);
    } catch (error) {
      if (!(error instanceof MachineRefusal)) throw error;
      this.handle({ type: 'refusal', text: error.message });
    }
  }

  private perform(effect: Effect): void {
    const { machine } = this;
    const { memory } = machine;
    switch (effect.kind) {
      case 'copy':
        machine.print(`Copy, ${effect.paper}`, 'panel', effect.copies, effect.colour);
        memory.counters.copies += effect.copies;
        return machine.changed();
      case 'scan':
        memory.counters.scans++;
        return this.record(`Scan to ${findAddress(machine, effect.address)?.name ?? 'e-mail'}`);
      case 'scan-to-box':
        memory.counters.scans++;
        this.record(`Scan to box ${effect.box}`);
        return this.scanTo(effect.box);
      case 'fax':
        memory.counters.faxesSent++;
        return this.record(`Fax to ${effect.number}`);
      case 'cancel-job':
        return void machine.cancel();
      case 'clear-fault':
        return machine.clear(effect.fault);
      case 'set-brightness':
        memory.brightness = effect.level;
        return machine.changed();
      case 'set-sleep':
        memory.settings.sleepMinutes = effect.minutes;
        return machine.changed();
    }
  }

  /** Stores a document of one page. */
  private scanTo(box: string): void {
    const at = toInstant(Date.now());
    const name = `scan-${at.slice(0, 19).replace('T', '-').replaceAll(':', '')}.pdf`;
    this.machine.boxes.put(box, name, [pdf(['Scanned document', at])]).then(
      () => undefined,
      (error: unknown) => {
        const text = error instanceof BoxRefusal ? error.message : 'The device could not store the document.';
        this.handle({ type: 'refusal', text });
      },
    );
  }

  /** Adds a job that uses no paper and no time. */
  private record(title: string): void {
    const { memory } = this.machine;
    const now = toInstant(Date.now());
    const done = { owner: 'panel', pages: 1, colour: false, printed: 1, result: 'completed' } as const;
    memory.jobs.push({ id: memory.nextId++, title, ...done, receivedAt: now, endedAt: now });
    if (memory.jobs.length > MFP_LIMITS.JOBS_KEPT) memory.jobs.shift();
    this.machine.changed();
  }

  private restartIdleTimer(): void {
    clearTimeout(this.idle);
    if (!this.current.awake) return;
    const after = this.machine.memory.settings.sleepMinutes * this.minuteMs;
    this.idle = setTimeout(() => this.handle({ type: 'idle' }), after);
    this.idle.unref();
  }
}
