/** The boxes cannot do this; `message` is the detail of the answer (RFC 9457). */
export abstract class BoxRefusal extends Error {
  abstract readonly status: 400 | 404 | 409 | 413;
}

export class NoSuchBox extends BoxRefusal {
  override readonly name = 'NoSuchBox';
  readonly status = 404;
  constructor() {
    super('The device has no such document box.');
  }
}

export class NoSuchDocument extends BoxRefusal {
  override readonly name = 'NoSuchDocument';
  readonly status = 404;
  constructor() {
    super('The box has no such document.');
  }
}

export class BadName extends BoxRefusal {
  override readonly name = 'BadName';
  readonly status = 400;
  constructor() {
    super('A document name is 1 to 64 of a-z 0-9 . _ - and starts with a letter or digit.');
  }
}

export class BoxFull extends BoxRefusal {
  override readonly name = 'BoxFull';
  readonly status = 409;
  constructor() {
    super('The box is full. Delete a document first.');
  }
}

export class DocumentTooLarge extends BoxRefusal {
  override readonly name = 'DocumentTooLarge';
  readonly status = 413;
  constructor() {
    super('The document is too large.');
  }
}
