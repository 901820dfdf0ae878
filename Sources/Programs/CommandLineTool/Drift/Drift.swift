import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct Drift: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drift", abstract: "Looks for what is no longer as it was deployed, and repairs it when asked to.",
        discussion: """
            Each resource is asked for by its driver, each workload of its deploy target: in sync, drifted, missing, not to tell, or not to \
            be looked at. Nothing is changed without --repair, which deploys what has drifted once more, and nothing else.
            'martlet drift ENV --report ID' shows an older report, 'martlet get drifts' lists them. With --schedule an environment type \
            says what is done by itself: off, report, repair or default.
            """)

    @Argument(help: ArgumentHelp("The environment; default: that of --env.", valueName: "env")) var environment: String?
    @Flag(help: "Deploys what has drifted once more, and waits for the end of it.") var repair = false
    @Option(help: ArgumentHelp("Shows a report that was made before.", valueName: "id")) var report: String?
    @Option(help: ArgumentHelp("What the schedule does with environments of a type; needs --env-type.", valueName: "what"))
    var schedule: String?
    @Option(name: .customLong("env-type"), help: ArgumentHelp("The environment type of --schedule.", valueName: "id"))
    var environmentType: String?
    @Option(help: "Seconds to wait.") var timeout = 900
    @Flag(name: .customLong("detailed-exitcode"), help: "Exits with 2 when something has drifted or is missing, with 0 when not.")
    var detailedExitCode = false
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout is from 1 to 86400 seconds") }
        if report != nil, repair { throw ValidationError("give either --report or --repair, not both") }
        guard (schedule == nil) == (environmentType == nil) else {
            throw ValidationError("--schedule and --env-type go together")
        }
        if schedule != nil, environment != nil || report != nil || repair {
            throw ValidationError("--schedule is for a whole environment type: leave out the environment, --report and --repair")
        }
    }

    func run() async throws {
        let here = try Session(options)
        let session = environment.map(here.inside) ?? here
        if let schedule, let environmentType { return try await set(schedule, environmentType, session) }
        let made: JSON
        if let report {
            made = try await session.gateway.get("\(try Noun.drift.path(session))/\(HTTPCall.segment(report))")
        } else {
            made = try await look(session)
        }
        // Of a repair that is waited for, machines get the report alone, and once: with the deployment it ended with.
        let repairing = repair ? made["deployment_id"]?.string : nil
        if repairing == nil || session.printer.format == .table {
            session.printer.show(made) { DriftText($0, style: session.printer.style).description }
        }
        if made["status"] == "failed" {
            throw CommandFailure(.failed, made["message"]?.string ?? "the environment was not looked at")
        }
        if let repairing {
            try await DeploymentWatch(session).follow(["id": .string(repairing)], wait: true, timeout: timeout) { deployment in
                var both = made
                both["deployment"] = deployment
                return both
            }
            return
        }
        guard DriftText.isDrifted(made) else { return }
        if !repair, report == nil {
            session.propose("repair it", "drift --repair")
        }
        if detailedExitCode { throw ChangesPlanned() }
    }

    /// The report once it is made.
    private func look(_ session: Session) async throws -> JSON {
        let path = try Noun.drift.path(session)
        let made = try await session.gateway.send(.post, path, body: ["repair": .bool(repair)])
        guard let id = made["id"]?.string else {
            throw CommandFailure(.failed, "the gateway gave an answer that cannot be read: a report without id")
        }
        session.printer.waiting(for: "looking at '\(try session.settings.env())'")
        let deadline = ContinuousClock.now + .seconds(timeout)
        while true {
            let report = try await session.gateway.get("\(path)/\(HTTPCall.segment(id))")
            if report["status"] != "running" { return report }
            guard ContinuousClock.now < deadline else {
                throw CommandFailure(
                    .timeout, "the report is not made after \(timeout) s; it goes on without this command",
                    details: ["see it with: martlet drift --report \(id)"])
            }
            try await Task.sleep(for: .milliseconds(300))
        }
    }

    private func set(_ schedule: String, _ type: String, _ session: Session) async throws {
        let path = try session.organization() + "/env-types/\(HTTPCall.segment(type))/drift"
        let answer = try await session.gateway.send(.put, path, body: ["schedule": .string(schedule)])
        session.printer.show(answer) { answer in
            "environment type \(type): \(TextStyle.printable(answer["schedule"]?.string ?? ""))"
                + (answer["default"] == true ? " (as configured)\n" : "\n")
        }
    }
}
