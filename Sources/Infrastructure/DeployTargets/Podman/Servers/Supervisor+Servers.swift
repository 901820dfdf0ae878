import Logging
import Synchronization

extension Supervisor {
    /// Between two attempts to start the same server, in milliseconds.
    private static let serverPause: Int64 = 5000

    /// Servers that do not run and are to be started: Podman starts one again that ended, but none whose files went with the machine's
    /// last run, and none that somebody stopped.
    func serversToStart(_ listed: [ListedContainer]) -> [ServerNames] {
        let now = now
        let standing = listed.filter { $0.observation.state != .running && $0.observation.state != .other }
            .compactMap { ServerNames(names, of: $0.labels) }
        return state.withLock { state in
            let due = standing.filter { state.startedServers[$0.name].map { now - $0 > Self.serverPause } ?? true }
            state.startedServers = state.startedServers.filter { entry in standing.contains { $0.name == entry.key } }
            for names in due { state.startedServers[names.name] = now }
            return due
        }
    }

    /// With its folders, and with the secrets that are still there. What fails is tried again.
    func startServer(_ names: ServerNames) async {
        do {
            try await isolation.ensure()
            try ServerFolders(self).make(names)
            try await client.start(names.name)
        } catch let error as PodmanFailure {
            // One that is being made anew or removed.
            if error.isMissing { return }
            logger.warning("a server does not start", metadata: ["server": "\(names.name)", "reason": "\(error.message)"])
        } catch {
            logger.warning("a server does not start", metadata: ["server": "\(names.name)", "reason": "\(error)"])
        }
    }
}
