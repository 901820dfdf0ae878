import ArgumentParser
import PlatformModel
import ServiceAPI

struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Shows what the containers and drivers of an environment wrote, oldest first.")

    @Option(help: ArgumentHelp("Only this workload.", valueName: "id")) var workload: String?
    @Option(help: ArgumentHelp("Only this container.", valueName: "id")) var container: String?
    @Option(help: ArgumentHelp("Only this deployment.", valueName: "id")) var deployment: String?
    @Option(help: "At most this many lines, the newest.") var limit = 100
    @Flag(name: .shortAndLong, help: "Goes on with new lines as they are written.") var follow = false
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit is from 1 to 1000") }
    }

    func run() async throws {
        let session = try Session(options)
        let path = try session.environment() + "/logs"
        var query = [("limit", String(limit))]
        if let workload { query.append(("workload_id", workload)) }
        if let container { query.append(("container_id", container)) }
        if let deployment { query.append(("deployment_id", deployment)) }
        let text = LogText(
            format: session.printer.format, style: session.printer.style, isTerminal: session.host.terminal.isOutput)
        guard follow else {
            // The contract's order is newest first.
            let entries = Array((try await session.gateway.get(path, query: query).array ?? []).reversed())
            guard session.printer.format == .table else { return session.printer.show(.array(entries)) }
            session.host.write(entries.map(text.line).joined())
            return
        }
        do throws(RoomError) {
            for try await event in session.gateway.stream(path + "/stream", query: query) {
                // Only objects are lines: what else a newer server sends is not for this program.
                if event.data.object != nil { session.host.write(text.line(event.data)) }
            }
        } catch { throw session.gateway.failure(error) }
    }
}
