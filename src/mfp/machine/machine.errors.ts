/** The machine cannot do this now; its page shows `message`. */
export class MachineRefusal extends Error {
  override readonly name: string = 'MachineRefusal';
}

export class TooManyJobs extends MachineRefusal {
  override readonly name = 'TooManyJobs';
  constructor() {
    super('The job queue is full. Wait until a job is done, then print again.');
  }
}

export class AddressBookFull extends MachineRefusal {
  override readonly name = 'AddressBookFull';
  constructor() {
    super('The address book is full. Delete an entry first.');
  }
}

/** The memory file is damaged, or belongs to another program. */
export class DamagedMemory extends Error {
  override readonly name = 'DamagedMemory';
}
