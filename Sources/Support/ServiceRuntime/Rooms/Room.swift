import FaultPoints
import Glibc
import Logging
import NIOCore
import NIOPosix
import ServiceAPI
import ServiceLifecycle
import UnixSignals

/// A service program: arguments, configuration, sockets, services, and the end. What every main calls.
package enum Room {
    /// Runs the program and ends it: 0 done, 1 failed, 2 wrong usage or configuration.
    ///
    /// - Parameters:
    ///   - name: The program: `martlet-broker`.
    ///   - faultPoints: All of the program's.
    ///   - assemble: Adds the room's services, checks and routes.
    package static func main<Configuration: RoomConfiguration>(
        _ name: String, _ type: Configuration.Type, faultPoints: [FaultPoint] = [],
        assemble: @Sendable (Configuration, RoomBuilder) async throws -> Void
    ) async -> Never {
        exit(await run(name, type, Array(CommandLine.arguments.dropFirst()), faultPoints, assemble))
    }

    private static func run<Configuration: RoomConfiguration>(
        _ name: String, _ type: Configuration.Type, _ arguments: [String], _ faultPoints: [FaultPoint],
        _ assemble: @Sendable (Configuration, RoomBuilder) async throws -> Void
    ) async -> Int32 {
        // A reader that is gone is an error of its write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        do {
            let arguments = try RoomArguments(name: name, arguments: arguments)
            if let text = information(arguments.action, name, faultPoints) {
                print(text, terminator: "")
                return 0
            }
            if let problem = FaultCheck.problem(among: faultPoints) { throw RoomArguments.UsageError(problem) }
            let configuration = try ConfigReader.read(type, path: arguments.configuration)
            if arguments.action == .checkConfiguration {
                print("\(arguments.configuration): ok")
                return 0
            }
            return await serve(name, configuration, assemble)
        } catch {
            StandardError.write("\(error)\n")
            return 2
        }
    }

    private static func information(_ action: RoomArguments.Action, _ name: String, _ faultPoints: [FaultPoint]) -> String? {
        switch action {
        case .run, .checkConfiguration: nil
        case .printVersion: "\(name) \(ProductVersion.text) (wire version \(WireVersion.current))\n"
        case .printFaultPoints: faultPoints.map { $0.name + "\n" }.sorted().joined()
        case .printHelp: RoomArguments.help(name: name)
        }
    }

    private static func serve<Configuration: RoomConfiguration>(
        _ name: String, _ configuration: Configuration,
        _ assemble: @Sendable (Configuration, RoomBuilder) async throws -> Void
    ) async -> Int32 {
        let level = configuration.service.logLevel
        LoggingSystem.bootstrap { JSONLineHandler(label: $0, level: level) }
        let logger = Logger(label: name)
        do {
            OpenFiles.raiseLimit()
            let inherited = try InheritedSockets.take()
            let builder = RoomBuilder(name: name, service: configuration.service, logger: logger)
            try await assemble(configuration, builder)
            let assembly = RoomAssembly(builder, inherited: inherited)
            try await assembly.run()
            logger.info("ended")
            return 0
        } catch {
            logger.critical("ended with an error", metadata: ["cause": "\(error)"])
            return 1
        }
    }
}
