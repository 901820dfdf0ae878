import PlatformModel

/// The outputs that a definition's driver gives, where they are known before it is asked.
package enum KnownOutputs {
    /// What a definition says among the values for its driver, which never sees it: how long one of its steps may take.
    package static let stepSeconds = "martlet_timeout_seconds"

    /// A definition's inputs, `{"values": {...}, ...}`, as its driver gets them.
    package static func inputs(forDriver inputs: JSON) -> JSON {
        guard case .object(var members) = inputs, case .object(var values) = members["values"], values[stepSeconds] != nil else {
            return inputs
        }
        values[stepSeconds] = nil
        members["values"] = .object(values)
        return .object(members)
    }

    /// Every name, sorted; nil where only the driver can tell.
    package static func names(driverType: String, _ inputs: DriverInputs) -> [String]? {
        switch DriverName.own(driverType) {
        case "echo":
            // It hands out what it is handed.
            guard let values = inputs.values.object, let secrets = inputs.secretRefs.object else { return nil }
            return Set(values.keys).subtracting([stepSeconds]).union(secrets.keys).sorted()
        case "postgres": return ["database", "host", "name", "password", "port", "username"]
        case "postgres-instance": return ["host", "password", "port", "username"]
        case "route": return ["host", "path", "port", "service", "url"]
        default: return nil
        }
    }
}
