/**
 * mqtt-packet keeps a Buffer for each of the 65,536 numbers of two bytes, 9 MB in each process. They are written anew
 * instead: two bytes a packet. Imported for its effect by whoever writes MQTT, before the first packet.
 */
import './quiet-debug.ts'
import packets from 'mqtt-packet'

packets.writeToStream.cacheNumbers = false
