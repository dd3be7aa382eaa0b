import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import request from 'supertest';
import { serveConsole } from './console-files';

@Controller('api')
class Api {
  @Get('thing')
  thing(): { ok: boolean } {
    return { ok: true };
  }
}
@Module({ controllers: [Api] })
class App {}

describe('the files of the console', () => {
  const folder = mkdtempSync(join(tmpdir(), 'platen-console-'));
  let app: NestExpressApplication;
  const get = (path: string) => request(app.getHttpServer()).get(path);

  beforeAll(async () => {
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Console</title>');
    writeFileSync(join(folder, 'assets/index-Bx1.js'), `console.log(1)${';'.repeat(5_000)}`);
    writeFileSync(join(folder, 'assets/app-Cd2.js'), 'console.log(2)');
    writeFileSync(join(folder, 'assets/app-Cd2.js.br'), brotliCompressSync('console.log(2)'));
    app = await NestFactory.create<NestExpressApplication>(App, { logger: false });
    serveConsole(app, folder);
    await app.init();
  });
  afterAll(async () => {
    await app?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(['/', '/devices', '/devices/hall-1', '/sessions/5b0f8c1e/view', '/profile'])(
    'answer %s with the console page, which is not cached',
    async (path) => {
      const page = await get(path).expect(200).expect('Content-Type', /html/);
      expect(page.text).toContain('<title>Console</title>');
      expect(page.get('Cache-Control')).toBe('no-cache');
    },
  );

  it('are cached for a year if their name contains a hash, and sent compressed', async () => {
    const file = await get('/assets/index-Bx1.js').set('Accept-Encoding', 'gzip').expect(200);
    expect(file.get('Content-Type')).toMatch(/javascript/);
    expect(file.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
    expect(file.get('Content-Encoding')).toBe('gzip');
    expect(Number(file.get('Content-Length'))).toBeLessThan(500);
    expect(file.get('Vary')).toContain('Accept-Encoding');
    const plain = await get('/assets/index-Bx1.js').set('Accept-Encoding', 'identity').expect(200);
    expect(plain.get('Content-Encoding')).toBeUndefined();
    expect(plain.text ?? plain.body.toString()).toContain('console.log(1)');
  });

  it('are sent as the build has compressed them to browsers that take it', async () => {
    const file = await get('/assets/app-Cd2.js').set('Accept-Encoding', 'gzip, deflate, br').expect(200);
    expect(file.get('Content-Encoding')).toBe('br');
    expect(file.get('Content-Type')).toMatch(/javascript/);
    expect(file.get('Vary')).toContain('Accept-Encoding');
    expect(file.text).toBe('console.log(2)');
    for (const [accepted, coding] of [
      ['gzip, br;q=0', 'gzip'],
      ['gzip', 'gzip'],
      ['identity', undefined],
    ] as const) {
      const other = await get('/assets/app-Cd2.js').set('Accept-Encoding', accepted).expect(200);
      expect(other.get('Content-Encoding')).toBe(coding);
      expect(other.text).toBe('console.log(2)');
    }
    await get('/assets/app-Cd2.js.br').expect(404);
  });

  it.each(['/assets/index-old.js', '/assets/../index.html/x', '/healthz', '/metrics', '/internal/relay', '/nothing'])(
    'leave %s to the routes',
    async (path) => {
      const answer = await get(path).expect(404);
      expect(answer.text).not.toContain('Console');
    },
  );
  it('leave the API and other methods to the routes', async () => {
    expect((await get('/api/thing').expect(200)).body).toEqual({ ok: true });
    await request(app.getHttpServer()).post('/devices').expect(404);
  });
  it('are optional: a build without the console serves none', () => {
    const untouched = {} as NestExpressApplication;
    expect(() => serveConsole(untouched, join(folder, 'nowhere'))).not.toThrow();
  });
});
