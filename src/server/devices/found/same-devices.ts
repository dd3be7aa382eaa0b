import { isSameDevice, marksOf, type DeviceIdentity } from '../../../protocol/device-identity';

interface Found {
  readonly found: { readonly identity: DeviceIdentity };
}

/** Groups what is one and the same device by its marks, also if only a third one has the marks of both. */
export function sameDevices<T extends Found>(all: readonly T[]): T[][] {
  const groups = new Map(all.map((each) => [each, [each]]));
  const byMark = new Map<string, T[]>();
  for (const each of all)
    for (const mark of marksOf(each.found.identity)) {
      const others = byMark.get(mark) ?? [];
      byMark.set(mark, others);
      for (const other of others) {
        const [group, joining] = [groups.get(other)!, groups.get(each)!];
        if (group === joining || !isSameDevice(other.found.identity, each.found.identity)) continue;
        group.push(...joining);
        for (const joined of joining) groups.set(joined, group);
      }
      others.push(each);
    }
  return [...new Set(groups.values())];
}
