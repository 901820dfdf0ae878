import Logging
import ServiceLifecycle

/// Says READY when the sockets listen and the checks hold for the first time, STATUS until then, and STOPPING when the end begins.
/// Stands last among the services, so that it is the first to hear of a shutdown.
struct Herald: Service {
    let server: RoomServer
    let readiness: Readiness
    let logger: Logger

    func run() async throws {
        // A server that cannot listen is the program's end, not a shutdown.
        _ = try await server.listening()
        try? await cancelWhenGracefulShutdown {
            var pause = Duration.milliseconds(20), told = ""
            while true {
                let failures = await readiness.failures()
                if failures.isEmpty { break }
                let names = failures.keys.sorted().joined(separator: ", ")
                if names != told {
                    logger.warning("not ready yet", metadata: ["failing": "\(failures)"])
                    ServiceManager.waiting(for: names)
                    told = names
                }
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(1))
            }
            ServiceManager.ready()
            logger.info("ready")
            try await gracefulShutdown()
        }
        ServiceManager.stopping()
    }
}
