import ArgumentParser
import PlatformModel

extension DeploymentMode: ExpressibleByArgument {}

/// What every command that deploys takes.
struct DeploymentOptions: ParsableArguments {
    @Option(help: "full: everything; incremental: what changed or failed last time.") var mode: DeploymentMode?
    @Option(help: ArgumentHelp("How long the deployment may take; then it is stopped.", valueName: "seconds")) var limit: Int?
    @Flag(name: .customLong("no-queue"), help: "Is refused where another deployment runs, instead of waiting for its turn.")
    var noQueue = false
    @Flag(help: "Waits until it has ended, and shows its progress.") var wait = false
    @Option(help: "Seconds to wait.") var timeout = 900

    func validate() throws {
        if let limit, !(1...604_800).contains(limit) { throw ValidationError("--limit is from 1 to 604800 seconds") }
        guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout is from 1 to 86400 seconds") }
    }

    /// What it asks of every route that deploys.
    var query: [(String, String)] {
        (limit.map { [("timeout", String($0))] } ?? []) + (noQueue ? [("queue", "false")] : [])
    }
}
