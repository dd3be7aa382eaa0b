import { useQuery } from '@tanstack/react-query';
import { device, page, type Device } from '../../protocol/api';
import { LIMITS } from '../../protocol/limits';
import { call } from './request';

/** Enough for all devices of one server: the browser searches the list, so that it responds while the user types. */
const PAGES = 40;

export const useDevices = () => useQuery({ queryKey: ['devices'], queryFn: allDevices });

async function allDevices(): Promise<Device[]> {
  const devices: Device[] = [];
  let cursor: string | null = null;
  for (let read = 0; read < PAGES; read += 1) {
    const from: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
    const { rows, next } = await call(page(device), 'GET', `/devices?limit=${LIMITS.PAGE_ROWS}${from}`);
    devices.push(...rows);
    cursor = next;
    if (!cursor) break;
  }
  return devices;
}

export const useDevice = (id: string) =>
  useQuery({ queryKey: ['device', id], queryFn: () => call(device, 'GET', `/devices/${encodeURIComponent(id)}`) });
