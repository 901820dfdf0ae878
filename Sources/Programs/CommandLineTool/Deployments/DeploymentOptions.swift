import ArgumentParser
import PlatformModel

extension DeploymentMode: ExpressibleByArgument {}

/// What every command that deploys takes.
struct DeploymentOptions: ParsableArguments {
    @Option(help: "full: everything; incremental: what changed or failed last time.") var mode: DeploymentMode?
    @Flag(help: "Waits until it has ended, and shows its progress.") var wait = false
    @Option(help: "Seconds to wait.") var timeout = 900

    func validate() throws {
        guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout is from 1 to 86400 seconds") }
    }
}
