"""A Modbus server of another make (pymodbus), for tests: pymodbus-server.py PORT tcp|rtu

It encodes known values by its own library, in every type and order, serves them as unit 17, and prints where they lie
as one line of JSON once it listens. `rtu` speaks RTU frames over TCP, for socat to make a pty of.
"""
import asyncio
import json
import logging
import struct
import sys
import types

try:
    import serial_asyncio  # noqa: F401
except ImportError:  # Debian's pymodbus imports it and does not depend on it; only its serial server needs it
    sys.modules["serial_asyncio"] = types.ModuleType("serial_asyncio")
    sys.modules["serial_asyncio"].create_serial_connection = None

from pymodbus.constants import Endian
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.payload import BinaryPayloadBuilder
from pymodbus.server import StartAsyncTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

ORDERS = {
    "ABCD": (Endian.Big, Endian.Big),
    "CDAB": (Endian.Big, Endian.Little),
    "BADC": (Endian.Little, Endian.Big),
    "DCBA": (Endian.Little, Endian.Little),
}
VALUES = {
    "u16": (51966, "add_16bit_uint"),
    "i16": (-12345, "add_16bit_int"),
    "u32": (3735928559, "add_32bit_uint"),
    "i32": (-123456789, "add_32bit_int"),
    "f32": (21.5, "add_32bit_float"),
    "u64": (1234567890123456, "add_64bit_uint"),
    "i64": (-9007199254740991, "add_64bit_int"),
    "f64": (-1013.25, "add_64bit_float"),
}

logging.disable(logging.CRITICAL)  # it calls every connection that ends an error
words, table = [], {}
for order, (byteorder, wordorder) in ORDERS.items():
    for kind, (value, add) in VALUES.items():
        builder = BinaryPayloadBuilder(byteorder=byteorder, wordorder=wordorder)
        getattr(builder, add)(value)
        table[f"{kind}-{order}".lower()] = {"address": len(words), "type": kind, "order": order, "value": value}
        words += struct.unpack(f"!{len(b''.join(builder.build())) // 2}H", b"".join(builder.build()))
    # its library has no three words: they are packed by the language's own
    three = list(struct.unpack("!3H", (0x0123456789AB).to_bytes(6, "big")))
    if wordorder == Endian.Little:
        three.reverse()
    if byteorder == Endian.Little:
        three = [(word >> 8) | (word & 0xFF) << 8 for word in three]
    table[f"u48-{order}".lower()] = {"address": len(words), "type": "u48", "order": order, "value": 0x0123456789AB}
    words += three

registers = words + [0] * 50
unit = ModbusSlaveContext(
    di=ModbusSequentialDataBlock(0, [i % 3 == 0 for i in range(20)]),
    co=ModbusSequentialDataBlock(0, [i % 2 == 0 for i in range(20)]),
    hr=ModbusSequentialDataBlock(0, registers),
    ir=ModbusSequentialDataBlock(0, registers),
    zero_mode=True,
)
context = ModbusServerContext(slaves={17: unit}, single=False)


async def main():
    framer = ModbusRtuFramer if sys.argv[2] == "rtu" else ModbusSocketFramer
    await StartAsyncTcpServer(context, address=("127.0.0.1", int(sys.argv[1])), framer=framer, allow_reuse_address=True)


async def run():
    server = asyncio.create_task(main())
    while True:
        if server.done():
            server.result()
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
            writer.close()
            break
        except OSError:
            await asyncio.sleep(0.05)
    print(json.dumps({"registers": table, "free": len(words)}), flush=True)
    await server


asyncio.run(run())
