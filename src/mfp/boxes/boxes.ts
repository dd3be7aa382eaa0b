import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { renameSync, rmSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { boxName } from '../../protocol/access-conditions';
import { toInstant } from '../../protocol/names';
import { MFP_LIMITS } from '../mfp-limits';
import { BadName, BoxFull, DocumentTooLarge, NoSuchBox } from './boxes.errors';
import { factoryDocuments } from './factory-documents';

export interface BoxDocument {
  readonly content: Buffer;
  readonly modifiedAt: string;
}

/** A document as it is listed. */
export interface ListedDocument {
  readonly name: string;
  readonly bytes: number;
  readonly modifiedAt: string;
}

/**
 * The document boxes of the machine. They are kept in memory and, if there is a folder, as `<folder>/<box>/<document>`:
 * a document is written beside its place and renamed, so that it is either there as a whole or not at all.
 */
export class Boxes extends EventEmitter<{ changed: [] }> {
  private readonly all: Map<string, Map<string, BoxDocument>>;
  /** Bytes of documents that are being received. */
  private receiving = 0;

  /** With the documents of a new machine. */
  constructor(private readonly folder?: string) {
    super();
    const modifiedAt = toInstant(Date.now());
    const documents = (contents: Record<string, Buffer>) =>
      new Map(Object.entries(contents).map(([name, content]) => [name, { content, modifiedAt }]));
    this.all = new Map(Object.entries(factoryDocuments()).map(([box, contents]) => [box, documents(contents)]));
  }

  /** Reads the folder; if there is none, makes it with the documents of a new machine. @throws Node's error */
  async load(): Promise<void> {
    const { folder } = this;
    if (folder === undefined) return;
    const names = await readdir(folder).catch(() => undefined);
    if (!names) return this.write(folder);
    this.all.clear();
    for (const box of names.filter(isName)) this.all.set(box, await readBox(join(folder, box)));
  }

  get receivingBytes(): number {
    return this.receiving;
  }

  get names(): string[] {
    return [...this.all.keys()].sort();
  }

  /** By name. @throws NoSuchBox */
  list(box: string): ListedDocument[] {
    return [...this.documents(box)]
      .map(([name, { content, modifiedAt }]) => ({ name, bytes: content.length, modifiedAt }))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** undefined: no such document. @throws NoSuchBox */
  get(box: string, name: string): BoxDocument | undefined {
    return this.documents(box).get(name);
  }

  /** Stores a document, durably, once it has arrived as a whole. @throws NoSuchBox, BadName, BoxFull, DocumentTooLarge */
  async put(
    box: string,
    name: string,
    body: AsyncIterable<Buffer> | Iterable<Buffer>,
  ): Promise<'created' | 'replaced'> {
    const documents = this.documents(box);
    if (!isName(name)) throw new BadName();
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of body) {
        bytes += chunk.length;
        this.receiving += chunk.length;
        if (bytes > MFP_LIMITS.BOX_DOCUMENT_BYTES) throw new DocumentTooLarge();
        this.checkRoom(documents, name);
        chunks.push(chunk);
      }
      const content = Buffer.concat(chunks);
      const written = this.folder && (await writeBeside(join(this.folder, box), content));
      this.checkRoom(documents, name, written);
      const replaced = documents.has(name);
      // rename and table in one turn of the event loop: of two uploads of a document, both have the same one last
      if (this.folder && written) renameSync(written, join(this.folder, box, name));
      this.receiving -= bytes;
      bytes = 0;
      documents.set(name, { content, modifiedAt: toInstant(Date.now()) });
      this.emit('changed');
      if (this.folder) await syncFolder(join(this.folder, box));
      return replaced ? 'replaced' : 'created';
    } finally {
      this.receiving -= bytes;
    }
  }

  /** @returns false if there is no such document. @throws NoSuchBox */
  async delete(box: string, name: string): Promise<boolean> {
    const documents = this.documents(box);
    if (!documents.has(name)) return false;
    if (this.folder) rmSync(join(this.folder, box, name), { force: true });
    documents.delete(name);
    this.emit('changed');
    if (this.folder) await syncFolder(join(this.folder, box));
    return true;
  }

  private documents(box: string): Map<string, BoxDocument> {
    const documents = this.all.get(box);
    if (!documents) throw new NoSuchBox();
    return documents;
  }

  /** @param written a file to remove if there is no room */
  private checkRoom(documents: Map<string, BoxDocument>, name: string, written?: string): void {
    const stored = [...this.all.values()].flatMap((box) => [...box.values()].map(({ content }) => content.length));
    const bytes = stored.reduce((sum, each) => sum + each, this.receiving) - (documents.get(name)?.content.length ?? 0);
    const full = !documents.has(name) && documents.size >= MFP_LIMITS.BOX_DOCUMENTS;
    if (!full && bytes <= MFP_LIMITS.BOXES_BYTES) return;
    if (written) rmSync(written, { force: true });
    throw new BoxFull();
  }

  /** Writes everything to a folder that appears as a whole. */
  private async write(folder: string): Promise<void> {
    const beside = `${folder}.new`;
    await rm(beside, { recursive: true, force: true });
    for (const [box, documents] of this.all) {
      await mkdir(join(beside, box), { recursive: true });
      for (const [name, { content }] of documents)
        await rename(await writeBeside(join(beside, box), content), join(beside, box, name));
      await syncFolder(join(beside, box));
    }
    await rename(beside, folder);
  }
}

const isName = (name: string): boolean => boxName.safeParse(name).success;

/** The documents in a folder. Removes what an upload left that was cut off. */
async function readBox(folder: string): Promise<Map<string, BoxDocument>> {
  const documents = new Map<string, BoxDocument>();
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (isName(name))
      documents.set(name, { content: await readFile(path), modifiedAt: toInstant((await stat(path)).mtime) });
    else if (name.startsWith('.')) await rm(path, { force: true });
  }
  return documents;
}

/** Writes a file that is no document yet; its path. Leaves none if that fails. */
async function writeBeside(folder: string, content: Buffer): Promise<string> {
  const path = join(folder, `.${randomUUID()}`);
  const file = await open(path, 'wx');
  try {
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return path;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
