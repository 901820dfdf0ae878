import LogAggregator
import ServiceRuntime

await Room.main("martlet-logs", LogsConfiguration.self, faultPoints: LogsFaults.all, assemble: LogsRoom.assemble)
