/// The command line of a service.
struct RoomArguments: Sendable, Hashable {
    enum Action: Sendable, Hashable {
        case run, checkConfiguration, printVersion, printFaultPoints, printHelp
    }

    var action = Action.run
    var configuration: String

    /// - Parameter name: `martlet-broker`; its file is `/etc/martlet/broker.yaml` unless `--config` names another.
    init(name: String, arguments: [String]) throws(UsageError) {
        let room = name.hasPrefix("martlet-") ? String(name.dropFirst(8)) : name
        configuration = "/etc/martlet/\(room).yaml"
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--config":
                guard let path = rest.popFirst() else { throw UsageError("--config needs a path") }
                configuration = path
            case _ where argument.hasPrefix("--config="): configuration = String(argument.dropFirst(9))
            case "--check-config": action = .checkConfiguration
            case "--version": action = .printVersion
            case "--fault-points": action = .printFaultPoints
            case "--help", "-h": action = .printHelp
            default: throw UsageError("there is no option '\(argument)'; --help lists them")
            }
        }
    }

    static func help(name: String) -> String {
        """
        usage: \(name) [--config PATH] [--check-config | --version | --fault-points | --help]

          --config PATH    the service's file
          --check-config   say what is wrong with it, and end
          --version        print the version, and end
          --fault-points   list where a debug build can be made to fail (MARTLET_FAULT), and end

        """
    }

    struct UsageError: Error, Sendable, Hashable, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}
