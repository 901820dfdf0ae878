import SecretBroker
import ServiceRuntime

await Room.main("martlet-broker", BrokerConfiguration.self, faultPoints: BrokerFaults.all, assemble: BrokerRoom.assemble)
