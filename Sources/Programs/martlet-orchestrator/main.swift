import Orchestrator
import ServiceRuntime

await Room.main(
    "martlet-orchestrator", OrchestratorConfiguration.self, faultPoints: OrchestratorFaults.all,
    assemble: OrchestratorRoom.assemble)
