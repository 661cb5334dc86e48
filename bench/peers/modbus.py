"""What habtwin's Modbus is compared with: pymodbus polling the same units. Prints one line of JSON.

modbus.py rtu PATH BAUD SECONDS BLOCKS   reads BLOCKS ([[address, count], …]) of units 1, 2 and 3, one after the other
modbus.py tcp PORTS SECONDS REGISTERS    reads REGISTERS of a unit behind each of PORTS ([…]) once a second
"""
import asyncio
import json
import os
import sys
import time
import types

try:
    import serial_asyncio  # noqa: F401
except ImportError:  # imported by Debian's pymodbus, which does not depend on it; not needed here
    sys.modules["serial_asyncio"] = types.ModuleType("serial_asyncio")
    sys.modules["serial_asyncio"].create_serial_connection = None

from pymodbus.client import AsyncModbusTcpClient, ModbusSerialClient


def rtu(path, baud, seconds, blocks):
    client = ModbusSerialClient(port=path, baudrate=baud, timeout=1)
    client.connect()
    readings, failed, end = 0, 0, time.monotonic() + seconds
    while time.monotonic() < end:
        for unit in (1, 2, 3):
            good = all(not client.read_input_registers(at, count, slave=unit).isError() for at, count in blocks)
            readings, failed = readings + good, failed + (not good)
    client.close()
    print(json.dumps({"readings": readings, "failed": failed}))


async def tcp(ports, seconds, registers):
    clients = [AsyncModbusTcpClient("127.0.0.1", port=port) for port in ports]
    for client in clients:
        await client.connect()
    begin = time.monotonic() + 1
    spread = []

    async def poll(i, client):
        last = None
        for second in range(seconds):
            slot = begin + second + i / len(clients)
            await asyncio.sleep(max(0, slot - time.monotonic()))
            await client.protocol.read_holding_registers(0, registers, slave=1)
            now = time.monotonic()
            if last is not None:
                spread.append(abs(now - last - 1) * 1000)
            last = now

    used = os.times()
    await asyncio.gather(*(poll(i, client) for i, client in enumerate(clients)))
    now = os.times()
    cpu = (now.user + now.system - used.user - used.system) / seconds
    spread.sort()
    at = lambda share: spread[min(len(spread) - 1, int(share * len(spread)))]
    print(json.dumps({"jitter_p50_ms": at(0.5), "jitter_p99_ms": at(0.99), "cpu_share": cpu, "readings": len(spread)}))


if sys.argv[1] == "rtu":
    rtu(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), json.loads(sys.argv[5]))
else:
    asyncio.run(tcp(json.loads(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
