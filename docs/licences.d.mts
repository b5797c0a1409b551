export interface LockedPackage {
  name: string;
  version: string;
  license?: string;
  integrity?: string;
  deprecated?: string;
  dev?: boolean;
  resolved?: string;
}
export interface Lock {
  packages: Record<string, object>;
}
export function packagesOf(lock: Lock): LockedPackage[];
export function page(lock: Lock): string;
