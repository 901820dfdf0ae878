import Glibc
import PlatformModel

/// The folder and the running HAProxy, changed together and blocking: only for the proxy's own thread.
struct RouteProxyFolder: Sendable {
    let configuration: RouteProxyConfiguration

    private var runtime: RuntimeSocket { RuntimeSocket(path: configuration.runtimeSocket, timeout: configuration.commandTimeout) }
    private var master: RuntimeSocket { RuntimeSocket(path: configuration.masterSocket, timeout: configuration.commandTimeout) }

    func read() throws(RouteProxyError) -> RouteTable {
        guard let bytes = try DurableFile.read(configuration.stateFile) else { return RouteTable(pool: configuration.pool) }
        do {
            var table = try JSON.decode(RouteTable.self, from: bytes)
            table.grow(to: configuration.pool)
            return table
        } catch {
            throw RouteProxyError(
                .failed, "RTE-403",
                "\(configuration.stateFile) cannot be read (\(error)); restore it, or remove it and deploy again")
        }
    }

    /// Changes the table, writes the files when that changed anything, and returns the table. The state comes first: whatever
    /// dies in between, the next reconciliation ends what was begun.
    func change(
        _ change: (inout RouteTable) throws(RouteProxyError) -> Void
    ) throws(RouteProxyError) -> RouteTable {
        let lock = try FolderLock(configuration.lockFile, within: configuration.commandTimeout)
        defer { extendLifetime(lock) }
        var table = try read()
        try change(&table)
        let state: [UInt8]
        do { state = try JSON.encode(table) } catch { throw RouteProxyError(.failed, "RTE-404", "the state: \(error)") }
        let text = ProxyConfigurationText(configuration: configuration, table: table)
        for (path, bytes) in [
            (configuration.stateFile, state), (configuration.mapFile, Array(text.map.utf8)),
            (configuration.configurationFile, Array(text.text.utf8)),
        ] where try DurableFile.read(path) != bytes {
            try DurableFile.write(bytes, to: path)
        }
        return table
    }

    /// Makes the running HAProxy do what the files say; how many commands that took.
    func apply() throws(RouteProxyError) -> Int {
        let lock = try FolderLock(configuration.lockFile, within: configuration.commandTimeout)
        defer { extendLifetime(lock) }
        let table = try read()
        var running = try observe()
        var count = 0
        let mark = ProxyConfigurationText(configuration: configuration, table: table).mark
        if running.mark != mark {
            running = try reload(from: running, to: mark)
            count += 1
        }
        for command in ProxyCommand.changes(from: running, to: table)
        where try command.run(through: runtime, mapFile: configuration.mapFile) {
            count += 1
        }
        return count
    }

    func observe() throws(RouteProxyError) -> RunningProxy {
        try RunningProxy.observe(through: runtime, mapFile: configuration.mapFile)
    }

    /// A new worker with the new configuration; the old one ends its requests and refuses none.
    private func reload(from before: RunningProxy, to mark: String) throws(RouteProxyError) -> RunningProxy {
        for _ in 0..<3 {
            try master.post("reload", waitingForListener: .seconds(2))
            let deadline = ContinuousClock.now + .seconds(5)
            while ContinuousClock.now < deadline {
                // While the workers change places an answer may fail to come.
                if let running = try? observe(), running.pid != before.pid, running.mark == mark { return running }
                usleep(20_000)
            }
        }
        throw RouteProxyError(
            .failed, "RTE-305",
            "HAProxy did not take the new configuration within 15 s; 'haproxy -c -f \(configuration.configurationFile)' says why")
    }
}
