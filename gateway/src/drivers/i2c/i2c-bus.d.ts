/** What we use of i2c-bus 5.2.3, which has no types of its own. */
declare module 'i2c-bus' {
  export interface PromisifiedBus {
    i2cWrite(address: number, length: number, bytes: Buffer): Promise<{ bytesWritten: number }>
    i2cRead(address: number, length: number, into: Buffer): Promise<{ bytesRead: number; buffer: Buffer }>
    readI2cBlock(
      address: number,
      register: number,
      length: number,
      into: Buffer,
    ): Promise<{ bytesRead: number; buffer: Buffer }>
    close(): Promise<void>
  }
  const module: { openPromisified(bus: number): Promise<PromisifiedBus> }
  export default module
}
