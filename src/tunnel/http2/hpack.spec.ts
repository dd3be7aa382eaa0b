import { HeaderDecoder, encodeHeaders } from './hpack';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const LIST_BYTES = 8_192;

describe('HeaderDecoder', () => {
  it.each<[string, blocks: string[], headers: object[]]>([
    [
      'C.2.1, a literal with indexing',
      ['400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572'],
      [{ 'custom-key': 'custom-header' }],
    ],
    ['C.2.2, one without', ['040c 2f73 616d 706c 652f 7061 7468'], [{ ':path': '/sample/path' }]],
    ['C.2.3, one never indexed', ['1008 7061 7373 776f 7264 0673 6563 7265 74'], [{ password: 'secret' }]],
    ['C.2.4, an index', ['82'], [{ ':method': 'GET' }]],
    [
      'C.4, requests with Huffman codes and the table',
      [
        '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
        '8286 84be 5886 a8eb 1064 9cbf',
        '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
      ],
      [
        { ':method': 'GET', ':scheme': 'http', ':path': '/', ':authority': 'www.example.com' },
        {
          ':method': 'GET',
          ':scheme': 'http',
          ':path': '/',
          ':authority': 'www.example.com',
          'cache-control': 'no-cache',
        },
        {
          ':method': 'GET',
          ':scheme': 'https',
          ':path': '/index.html',
          ':authority': 'www.example.com',
          'custom-key': 'custom-value',
        },
      ],
    ],
    [
      'changes of the size of the table, and a name from it',
      ['3f e11f 40 01 61 01 62', '0f 2f 01 63', '20', '3f e11f'],
      [{ a: 'b' }, { a: 'c' }, {}, {}],
    ],
    ['`__proto__` as a name', ['00 09 5f5f70726f746f5f5f 01 78'], [JSON.parse('{"__proto__":"x"}') as object]],
  ])('decodes RFC 7541 %s', (_what, blocks, headers) => {
    const decoder = new HeaderDecoder(LIST_BYTES);
    expect(blocks.map((block) => decoder.decode(bytes(block)))).toEqual(headers);
  });

  it.each([
    ['index 0', '80', 0x9],
    ['an index beyond the table', 'be', 0x9],
    ['an index that is emptied from the table', '40 01 61 01 62 20 be', 0x9],
    ['a table larger than permitted', '3f e21f', 0x9],
    ['an incomplete field', '40 01', 0x9],
    ['a text beyond its block', '00 7f 00', 0x9],
    ['a number that is too large', '00 7f ffffffff0f', 0x9],
    ['a number that does not end', '00 7f 8080808080808080', 0x9],
    ['a Huffman code of the end', '00 84 ffffffff 00', 0x9],
    ['padding of eight bits', '00 82 07ff 00', 0x9],
    ['padding with zeros', '00 81 00 00', 0x9],
    ['a header twice', '82 83', 0x1],
    ['more headers than permitted', `00 01 61 7f e13e ${'78'.repeat(8_160)}`, 0xb],
  ])('refuses %s', (_what, block, code) => {
    expect(() => new HeaderDecoder(LIST_BYTES).decode(bytes(block))).toThrow(
      expect.objectContaining({ code }) as Error,
    );
  });
});

it('encodes headers of any length, and none without a value', () => {
  const headers = Object.fromEntries(
    [0, 1, 126, 127, 128, 254, 255, 3_000].map((length) => [`x${length}`, 'é'.repeat(length)]),
  );
  expect(new HeaderDecoder(LIST_BYTES).decode(encodeHeaders({ ...headers, none: undefined }))).toEqual(headers);
});
