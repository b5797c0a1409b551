/** The little of WebAssembly that is used here, since neither ES2023 nor Node's types for version 20 declare it. */
export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
}

/** A compiled module; it may be posted to another thread. */
export type WasmModule = object;

export interface WasmHost {
  WebAssembly: {
    Memory: new (size: { initial: number; maximum: number; shared: true }) => WasmMemory;
    Module: new (bytes: Uint8Array) => WasmModule;
    Instance: new (module: WasmModule, imports: { env: { memory: WasmMemory } }) => { exports: Record<string, unknown> };
  };
}

export const { WebAssembly: wasm } = globalThis as unknown as WasmHost;

/** Compiles the module for a number of classes when it is first asked for. */
export function compiledOnce(bytesFor: (classCount: number) => Uint8Array): (classCount: number) => WasmModule {
  const modules = new Map<number, WasmModule>();
  return (classCount) => {
    let module = modules.get(classCount);
    if (!module) modules.set(classCount, (module = new wasm.Module(bytesFor(classCount))));
    return module;
  };
}
