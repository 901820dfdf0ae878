import Glibc
import Logging
import NIOCore
import ServiceLifecycle

/// Says READY when the sockets listen and the checks hold for the first time, STATUS until then, and STOPPING when the end begins.
/// Stands last among the services, so that it is the first to hear of a shutdown.
struct Herald: Service {
    let server: RoomServer
    let readiness: Readiness
    let logger: Logger
    let group: any EventLoopGroup
    /// After this time of shutdown the process is ended, whatever still runs.
    let patience: Duration

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
        // On an event loop: what hangs may well hold every thread of the Swift pool.
        group.next().scheduleTask(in: TimeAmount(patience)) { [logger] in
            logger.critical("something does not end after its cancellation; the process ends without it")
            _exit(1)
        }
    }
}
