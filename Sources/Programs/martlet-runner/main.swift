import DriverRunner
import ServiceRuntime

await Room.main(
    "martlet-runner", RunnerConfiguration.self, faultPoints: RunnerFaults.all, assemble: RunnerRoom.assemble)
