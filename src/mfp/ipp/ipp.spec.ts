import { recordedJournal } from '../../../test/support/recorded-journal';
import { plainHttp } from '../../../test/support/plain-http';
import { until } from '../../../test/support/until';
import { attributesOf, decodeIpp, encodeIpp, type IppAttribute } from '../../ipp/ipp-message';
import { IPP_OPERATIONS, statusName, type IppOperation } from '../../ipp/ipp-registry';
import { startMfp, type RunningMfp } from '../mfp';

const COMMON: IppAttribute[] = [
  ['charset', 'attributes-charset', 'utf-8'],
  ['naturalLanguage', 'attributes-natural-language', 'en'],
];
/** A page header of PWG raster, and its lines. */
const RASTER_PAGE = `PwgRaster${'\0'.repeat(1787)}\x05\x02\x07`;

describe('IPP service of the simulated MFP', () => {
  let mfp: RunningMfp;
  const journal = recordedJournal();
  beforeAll(async () => {
    mfp = await startMfp({ pageMs: 5 }, journal.journal);
  });
  afterAll(() => mfp.stop());

  const post = (body: Buffer, path = '/ipp/print', type = 'application/ipp') =>
    plainHttp(new URL(path, mfp.url).href, { method: 'POST', headers: { 'Content-Type': type }, body });
  const request = (operation: IppOperation | number, attributes: IppAttribute[], data?: Buffer, major = 2) =>
    encodeIpp({
      version: { major, minor: 0 },
      code: typeof operation === 'number' ? operation : IPP_OPERATIONS[operation],
      requestId: 42,
      groups: [{ group: 'operation', attributes }],
      data,
    });
  async function ask(operation: IppOperation, attributes: IppAttribute[] = [], data?: Buffer) {
    const target: IppAttribute = ['uri', 'printer-uri', 'ipp://mfp/ipp/print'];
    const { body } = await post(request(operation, [...COMMON, target, ...attributes], data));
    const message = decodeIpp(body);
    expect([message.requestId, message.version]).toEqual([42, { major: 2, minor: 0 }]);
    return { status: statusName(message.code), message };
  }
  const print = async (data: string, format: string, attributes: IppAttribute[] = []) => {
    const { status, message } = await ask(
      'Print-Job',
      [['mimeMediaType', 'document-format', format], ...attributes],
      Buffer.from(data),
    );
    expect(status).toBe('successful-ok');
    const id = Number(attributesOf(message, 'job').get('job-id')?.[0]);
    return mfp.machine.memory.jobs.find((job) => job.id === id)!;
  };
  const idle = () => until('the jobs are done', () => mfp.machine.status.state === 'idle');

  it.each<[string, string[] | undefined, (names: string[]) => void]>([
    [
      'the requested attributes',
      ['printer-state', 'printer-name', 'no-such'],
      (names) => expect(names.sort()).toEqual(['printer-name', 'printer-state']),
    ],
    ['all attributes', ['all'], (names) => expect(names.length).toBeGreaterThan(40)],
    ['all attributes where none are requested', undefined, (names) => expect(names.length).toBeGreaterThan(40)],
  ])('reports %s', async (_what, wanted, check) => {
    const { message } = await ask('Get-Printer-Attributes', wanted && [['keyword', 'requested-attributes', wanted]]);
    check([...attributesOf(message, 'printer').keys()]);
  });

  it.each([
    ['a PDF of three pages', '%PDF-1.4 /Type /Pages /Type /Page /Type/Page /Type /Page>>', 'application/pdf', 3],
    ['a PDF without its format', '%PDF-1.4 /Type /Page /Type /Page>>', 'application/octet-stream', 2],
    ['text of two pages', 'one\ftwo\f', 'text/plain', 2],
    ['an empty text', '', 'text/plain', 1],
    ['a picture', '/Type /Page/Type /Page', 'image/jpeg', 1],
    ['PWG raster of two pages', `RaS2${RASTER_PAGE}${RASTER_PAGE}`, 'image/pwg-raster', 2],
    ['PWG raster without its format', `RaS2${RASTER_PAGE.repeat(3)}`, 'application/octet-stream', 3],
    ['pages far apart', `%PDF-1.4 /Type /Page ${' '.repeat(200_000)}/Type /Page `, 'application/pdf', 2],
  ])('prints %s', async (_what, data, format, pages) => {
    expect(await print(data, format)).toMatchObject({ pages, title: 'Document', owner: 'anonymous', colour: false });
  });

  it('lists, describes and cancels its jobs', async () => {
    await idle();
    mfp.machine.raise('paper-out');
    const names: IppAttribute[] = [
      ['name', 'job-name', 'Minutes\u0007'],
      ['name', 'requesting-user-name', 'hall'],
    ];
    const [first, second] = [await print('x', 'text/plain', names), await print('y', 'text/plain')];
    const listed = async (attributes: IppAttribute[]) => {
      const groups = decodeIpp(
        (await post(request('Get-Jobs', [...COMMON, ['uri', 'printer-uri', 'ipp://mfp/'], ...attributes]))).body,
      ).groups;
      return groups.slice(1).map((group) => group.attributes.get('job-id')?.[0]);
    };
    expect(await listed([])).toEqual([first.id, second.id]);
    expect(await listed([['integer', 'limit', 1]])).toEqual([first.id]);
    expect(
      await listed([
        ['boolean', 'my-jobs', true],
        ['name', 'requesting-user-name', 'hall'],
      ]),
    ).toEqual([first.id]);
    const { message } = await ask('Get-Job-Attributes', [['integer', 'job-id', first.id]]);
    expect(Object.fromEntries(attributesOf(message, 'job'))).toMatchObject({
      'job-name': ['Minutes'],
      'job-state': [6],
      'job-state-reasons': ['printer-stopped'],
    });
    for (const { id } of [second, first])
      expect((await ask('Cancel-Job', [['integer', 'job-id', id]])).status).toBe('successful-ok');
    expect((await ask('Cancel-Job', [['integer', 'job-id', first.id]])).status).toBe('client-error-not-possible');
    expect((await ask('Cancel-Job', [['integer', 'job-id', 7]])).status).toBe('client-error-not-found');
    expect((await listed([['keyword', 'which-jobs', 'completed']])).slice(0, 2)).toEqual([second.id, first.id]);
    mfp.machine.clear('paper-out');
  });

  const whole = (attributes: IppAttribute[]) => request('Get-Printer-Attributes', attributes);
  const uri: IppAttribute = ['uri', 'printer-uri', 'ipp://mfp/ipp/print'];
  it.each<[string, Buffer, string]>([
    ['an unknown operation', request(0x12, [...COMMON, uri]), 'server-error-operation-not-supported'],
    ['an unknown version', request(0x0b, [...COMMON, uri], undefined, 9), 'server-error-version-not-supported'],
    ['no charset', whole([uri]), 'client-error-bad-request'],
    [
      'another charset',
      whole([['charset', 'attributes-charset', 'utf-16'], COMMON[1]!, uri]),
      'client-error-charset-not-supported',
    ],
    ['no target', whole(COMMON), 'client-error-bad-request'],
    ['bytes that break off', whole([...COMMON, uri]).subarray(0, 40), 'client-error-bad-request'],
    [
      'a length that leads backwards',
      Buffer.from([2, 0, 0, 11, 0, 0, 0, 42, 1, 0x47, 0x80, 0, 3]),
      'client-error-bad-request',
    ],
    [
      'a format it does not print',
      request('Print-Job', [...COMMON, uri, ['mimeMediaType', 'document-format', 'x/y']]),
      'client-error-document-format-not-supported',
    ],
    [
      'a compressed document',
      request('Validate-Job', [...COMMON, uri, ['keyword', 'compression', 'gzip']]),
      'client-error-compression-not-supported',
    ],
  ])('answers %s with an IPP status', async (_what, body, status) => {
    const answer = decodeIpp((await post(body)).body);
    expect([statusName(answer.code), answer.requestId]).toEqual([status, 42]);
  });

  it.each<[string, number, Buffer, string, string]>([
    ['what is no IPP', 415, Buffer.from('{}'), '/ipp/print', 'application/json'],
    ['too little for a request', 400, Buffer.from([2, 0]), '/ipp/print', 'application/ipp'],
    ['another address', 404, whole([...COMMON, uri]), '/ipp/scan', 'application/ipp'],
  ])('answers %s with HTTP %i', async (_what, status, body, path, type) => {
    expect((await post(body, path, type)).status).toBe(status);
  });

  it('restarts by Restart-System at the System object, and not at the printer', async () => {
    const system: IppAttribute = ['uri', 'system-uri', 'ipp://mfp/ipp/system'];
    const refused = decodeIpp((await post(request('Restart-System', [...COMMON, uri]))).body);
    expect(statusName(refused.code)).toBe('server-error-operation-not-supported');
    const restarts = new Promise((resolve) => mfp.machine.once('restart', () => resolve('restarts')));
    expect(decodeIpp((await post(request('Restart-System', [...COMMON, system]), '/ipp/system')).body).code).toBe(0);
    expect(await restarts).toBe('restarts');
  });

  it('logged no unexpected error', () => {
    expect(journal.lines.filter((line) => 'incident' in line)).toEqual([]);
  });
});
